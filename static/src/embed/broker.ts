// A SharedWorker that introduces embeds of one host to each other, so that one can hand the compiled engine to the next.
// Frames in shadow roots are in nobody's list of frames, and a channel that the embedding page made could be held by it at
// both ends: what came through would be code of an unknown hand. Only documents of this very origin reach this worker, so
// both ends of a channel that it made are such documents. It sees no module itself: it could not, they stay within one
// page's processes.

/** To the broker. `not`: who was of no use. "lost": there is nothing to have here, or not any more; without a key: nothing at all. */
export type ToBroker = { op: "want"; key: string; not: number[] } | { op: "have"; key: string } | { op: "lost"; key?: string };
/** From it: compile yourself, others will be sent to you; take it from there (a port comes along); they are gone; give (a port comes along). */
export type FromBroker = { op: "make" } | { op: "take"; from: number } | { op: "gone"; from: number } | { op: "give"; key: string };

interface Peer { id: number; port: MessagePort; keys: Set<string>; /** who was sent here */ sent: { to: Peer; key: string }[] }

const peers = new Set<Peer>();
let next = 1;

(globalThis as unknown as { onconnect: (e: MessageEvent) => void }).onconnect = (e) => {
  const port = e.ports[0], me: Peer = { id: next++, port, keys: new Set(), sent: [] };
  const tell = (to: Peer, message: FromBroker, ...ports: MessagePort[]) => to.port.postMessage(message, ports);
  peers.add(me);
  port.onmessage = ({ data }: MessageEvent<ToBroker>) => {
    switch (data.op) {
      case "have": me.keys.add(data.key); break;
      case "lost":
        if (data.key) me.keys.delete(data.key); else me.keys.clear();
        for (const s of me.sent) if (!data.key || s.key === data.key) tell(s.to, { op: "gone", from: me.id });
        me.sent = me.sent.filter((s) => data.key && s.key !== data.key);
        break;
      case "want": {
        const holder = [...peers].find((p) => p !== me && p.keys.has(data.key) && !data.not.includes(p.id));
        if (!holder) {
          me.keys.add(data.key);
          tell(me, { op: "make" });
          break;
        }
        const between = new MessageChannel();
        holder.sent.push({ to: me, key: data.key });
        tell(holder, { op: "give", key: data.key }, between.port1);
        tell(me, { op: "take", from: holder.id }, between.port2);
      }
    }
  };
};
