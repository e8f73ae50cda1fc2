// A toy that speaks the protocol, for working on the page and for its unit tests. It is not Kubernetes: it fakes just
// enough (Deployments, Services, a scheduler that counts, nodes that lose power) for every panel to have something to show.
// Only development builds contain it (?engine=mock).

import { PodState, PROTOCOL } from "../protocol.ts";
import type { Answer, ClusterConfig, ControlPlane, EventInfo, Frame, Mark, NodeView, Pulse, Request, RequestView, ServiceView, VersionStats, WorkloadView } from "../protocol.ts";
import type { Wire } from "../engine.ts";

interface Pod { slot: number; name: string; node: number; workload: number; version: number; state: number; reason: string; at: number; next: number; restarts: number; changed: boolean; fresh: boolean }
interface Dep { view: WorkloadView; probe: boolean; versions: Map<string, number> }

const GiB = 2 ** 30;

export class MockEngine implements Wire {
  onmessage: ((event: { data: Answer }) => void) | null = null;
  private now = 0; private playing = false; private speed = 1; private revision = 120; private seq = 0; private full = true; private acked = true;
  private nodes: NodeView[] = []; private deps: Dep[] = []; private services: ServiceView[] = []; private goneServices: number[] = []; private goneWorkloads: number[] = [];
  private pods: Pod[] = []; private freed: Pod[] = []; private nextSlot = 0; private freeSlots: number[] = []; private nextId = 1; private random = 1;
  private versions: [number, string, string, string][] = []; private newVersions: [number, string, string, string][] = [];
  private pulses: Pulse[] = []; private requests: RequestView[] = []; private marks: Mark[] = []; private events: EventInfo[] = [];
  private load = new Map<number, number>(); private owed = 0; private requestId = 0;
  private stats: { sent: number; ok: number; failed: number; by: Record<string, VersionStats>; reasons: Record<string, number> } = { sent: 0, ok: 0, failed: 0, by: {}, reasons: {} };
  private files: Record<string, string> = {};
  private last = performance.now();

  constructor() { setInterval(() => this.beat(), 50); }

  postMessage(message: unknown): void { const r = message as Request; setTimeout(() => this.handle(r), 2); }
  private send(a: Answer): void { this.onmessage?.({ data: a }); }
  private ok(id: number, value: unknown = null): void { this.send({ id, type: "result", value }); }
  private rnd(): number { this.random = (this.random * 48271) % 2147483647; return this.random / 2147483647; }

  private handle(r: Request): void {
    switch (r.op) {
      case "init": {
        let n = 0;
        const total = 3_000_000, step = () => {
          n += 600_000;
          this.send({ type: "loading", loaded: n, total });
          if (n < total) setTimeout(step, 40); else { this.reset(r.config); this.playing = true; this.ok(r.id, { protocol: PROTOCOL, version: "v1.37.2", wasmBytes: total }); }
        };
        step();
        return;
      }
      case "reset": this.reset(r.config); this.playing = true; return this.ok(r.id);
      case "ack": this.acked = true; return;
      case "pause": this.playing = false; return this.ok(r.id);
      case "play": this.playing = true; this.speed = r.speed; return this.ok(r.id);
      case "speed": this.speed = r.speed; return this.ok(r.id);
      case "step": this.run(200); return this.ok(r.id, { actor: "deployment-controller", label: "update", at: this.now });
      case "advance": this.run(r.seconds * 1000); return this.ok(r.id);
      case "settle": this.run(30_000); return this.ok(r.id);
      case "controlPlane": return this.ok(r.id, this.control());
      case "traffic": {
        const s = this.services.find((x) => r.service === x.name || r.service === `${x.namespace}/${x.name}`);
        if (!s) return this.send({ id: r.id, type: "error", message: `services "${r.service}" not found` });
        s.rps = r.rps;
        this.load.set(s.id, r.rps);
        this.mark("command", r.rps ? `load ${r.rps}/s` : "load off");
        return this.ok(r.id);
      }
      case "trafficStats": return this.ok(r.id, { sent: this.stats.sent, ok: this.stats.ok, failed: this.stats.failed, byVersion: this.stats.by, reasons: this.stats.reasons, services: this.services.filter((s) => this.load.has(s.id)).map((s) => ({ service: `${s.namespace}/${s.name}`, rps: s.rps, sent: this.stats.sent, ok: this.stats.ok, failed: this.stats.failed, recent: this.stats.by, recentFailed: this.stats.failed })) });
      case "why": return this.ok(r.id, this.why(r.ref));
      case "object": return this.ok(r.id, { ref: r.ref, kind: "Thing", namespace: "default", name: r.ref, yaml: `apiVersion: v1\nkind: Thing\nmetadata:\n  name: ${r.ref.split("/").pop()}\n`, describe: `Name: ${r.ref}`, logs: { web: "listening on :8080\nGET / 200\n" }, exists: true });
      case "autoscaling": return this.ok(r.id, null);
      case "events": return this.ok(r.id, this.events.slice(-r.limit).reverse());
      case "stats": return this.ok(r.id, { nodes: this.nodes.length, pods: {}, now: this.now, events: this.revision, journalHash: "mock", wasmBytes: 0 });
      case "run": {
        this.files = r.files ?? {};
        const [verb, name] = r.line.trim().split(/\s+/);
        return verb === "kill" || verb === "restart" ? this.power(r.id, name, verb === "restart") : this.kubectl(r.id, r.line);
      }
      case "cancel": case "edited": case "input": return this.ok(r.id);
      // It has no past: one branch, which ends now.
      case "branches": return this.ok(r.id, [{ id: 0, name: "", parent: -1, fork: { ms: 0, after: 0, commands: 0 }, end: { ms: this.now, after: this.seq, commands: 0 }, commands: 0, current: true, lines: [] }]);
      case "present": return this.ok(r.id);
      default: return this.send({ id: r.id, type: "error", message: `the mock engine has no ${r.op}` });
    }
  }

  private reset(config: ClusterConfig): void {
    this.now = 0; this.full = true; this.random = config.seed * 7919 + 1; this.nodes = []; this.deps = []; this.services = []; this.pods = []; this.nextSlot = 0; this.freeSlots = [];
    this.versions = []; this.newVersions = []; this.load.clear(); this.stats = { sent: 0, ok: 0, failed: 0, by: {}, reasons: {} };
    const components = ["etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "cloud-controller-manager"];
    for (let i = 1; i <= config.masters; i++) this.nodes.push(this.node(`control-plane-${i}`, "control-plane", "", components.map((name) => ({ name, up: true, leader: i === 1 && name !== "kube-apiserver" }))));
    for (let i = 1; i <= config.nodes; i++) this.nodes.push(this.node(`node-${i}`, "worker", "abc"[(i - 1) % 3], []));
    this.services.push(this.service("kubernetes", "443/TCP", {}, "10.96.0.1"));
    this.mark("notice", "cluster up");
    if (new URLSearchParams(location.search).get("fill")) this.fill();
  }

  /** Ten pods a node at once, to look at large clusters. */
  private fill(): void {
    const d = this.deployment("web", "nginx:1.27", 0, { app: "web" }, true), workers = this.nodes.filter((n) => n.role === "worker"), per = Number(new URLSearchParams(location.search).get("fill"));
    const v1 = this.version(d, "nginx:1.26"), v2 = this.version(d, "nginx:1.27");
    for (const n of workers) for (let i = 0; i < per; i++) {
      const p = this.pod(d, this.rnd() < 0.7 ? v1 : v2);
      p.node = n.id; p.state = this.rnd() < 0.02 ? PodState.Waiting : this.rnd() < 0.04 ? PodState.Creating : PodState.Ready; p.next = Infinity; n.pods++;
    }
    d.view.desired = this.pods.length;
  }

  private node(name: string, role: NodeView["role"], zone: string, components: NodeView["components"]): NodeView {
    return { id: this.nextId++, name, role, zone, power: true, ready: "True", cordoned: false, taints: role === "worker" ? [] : ["node-role.kubernetes.io/control-plane:NoSchedule"], cpu: { capacity: 4, requested: 0.35 }, memory: { capacity: 8 * GiB, requested: 0.4 * GiB }, maxPods: 110, pods: 0, lease: 0, components };
  }
  private service(name: string, ports: string, selector: Record<string, string>, ip?: string): ServiceView {
    return { id: this.nextId++, ref: `services/default/${name}`, namespace: "default", name, type: "ClusterIP", clusterIP: ip ?? `10.96.${Math.floor(this.rnd() * 250)}.${Math.floor(this.rnd() * 250)}`, ports, selector, ready: 0, notReady: 0, rps: 0, okPerSec: 0, failPerSec: 0, endpoints: [] };
  }
  private deployment(name: string, image: string, replicas: number, labels: Record<string, string>, probe: boolean): Dep {
    const d: Dep = { view: { id: this.nextId++, ref: `deployments/default/${name}`, kind: "Deployment", namespace: "default", name, image, container: name.replace(/-(stable|canary)$/, ""), desired: replicas, current: 0, updated: 0, ready: 0, available: 0, paused: false, state: "progressing", labels, revision: 1 }, probe, versions: new Map() };
    this.deps.push(d);
    return d;
  }
  private version(d: Dep, image: string): number {
    let v = d.versions.get(image);
    if (v === undefined) {
      v = this.versions.length;
      const row: [number, string, string, string] = [v, d.view.ref, image.split(":")[1] ?? "latest", "6d897b74dc"];
      this.versions.push(row); this.newVersions.push(row); d.versions.set(image, v);
    }
    return v;
  }
  private pod(d: Dep, version: number): Pod {
    const suffix = Array.from({ length: 5 }, () => "bcdfghjklmnpqrstvwxz2456789"[Math.floor(this.rnd() * 27)]).join("");
    const p: Pod = { slot: this.freeSlots.pop() ?? this.nextSlot++, name: `default/${d.view.name}-6d897b74dc-${suffix}`, node: -1, workload: d.view.id, version, state: PodState.Pending, reason: "", at: this.now, next: this.now + 30, restarts: 0, changed: true, fresh: true };
    this.pods.push(p);
    this.message("kube-controller-manager@control-plane-1", "kube-apiserver@control-plane-1", 0.2); this.message("kube-apiserver@control-plane-1", "etcd@control-plane-1", 0.4); this.message("kube-apiserver@control-plane-1", "kube-scheduler@control-plane-1", 0.8);
    return p;
  }
  private message(from: string, to: string, after = 0): void { if (this.pulses.length < 300) this.pulses.push({ from, to, label: "", sent: this.now + after, arrive: this.now + after + 0.25, record: 0 }); }
  private mark(kind: Mark["kind"], text: string): void { this.marks.push({ at: this.now, kind, text, record: this.revision++ }); }
  private event(type: string, reason: string, ref: string, message: string): void { this.events.push({ at: this.now, moment: this.now, type, reason, object: ref.replace(/^(\w+?)s\/default/, "$1"), ref, message, count: 1 }); if (this.events.length > 300) this.events.shift(); }
  private nameOf(node: number): string { return this.nodes.find((n) => n.id === node)?.name ?? ""; }

  private power(id: number, name: string, on: boolean): void {
    const n = this.nodes.find((x) => x.name === name);
    if (!n) return this.ok(id, { stdout: "", stderr: `error: there is no machine "${name}"\n`, code: 1 });
    n.power = on;
    this.mark("fault", `${on ? "power on" : "⚡"} ${name}`);
    this.ok(id, { stdout: "", stderr: "", code: 0 });
  }

  /** As much of a control plane as the panels need to have something to show: the first that has power leads. */
  private control(): ControlPlane {
    const masters = this.nodes.filter((n) => n.role === "control-plane"), up = masters.filter((n) => n.power), leader = up.length * 2 > masters.length ? up[0].name : "";
    return {
      leader, quorum: leader !== "", revision: this.revision, balanced: masters.length > 1, writes: [],
      masters: masters.map((n) => ({ name: n.name, power: n.power, endpoint: n.power, components: n.components.map((c) => ({ name: c.name, up: n.power, leader: n.name === leader })),
        etcd: { id: n.name, role: n.power ? (n.name === leader ? "leader" : "follower") : "stopped", term: 2, vote: leader, follows: leader, last: this.revision, commit: this.revision, applied: this.revision, revision: this.revision, pending: 0, queued: 0 } })),
      election: { term: 2, leader: masters[0].name, at: 900, granted: masters.map((n) => n.name), refused: [] },
      leases: ["kube-scheduler", "kube-controller-manager"].map((name) => ({ name, holder: `${leader}_1`, host: leader, transitions: 0, acquired: 2000, renewed: this.now })),
      faults: this.nodes.filter((n) => !n.power).map((n) => ({ line: "kill " + n.name, undo: "restart " + n.name, at: this.now, op: "kill", name: n.name })),
    };
  }

  private beat(): void {
    const wall = performance.now(), real = wall - this.last;
    this.last = wall;
    if (this.playing) this.run(real * (this.speed || 1000));
    if (this.acked && this.onmessage && this.nodes.length) this.frame();
  }

  private run(ms: number): void {
    const end = this.now + ms;
    while (this.now < end) { const step = Math.min(100, end - this.now); this.now += step; this.tick(step); }
  }

  private tick(step: number): void {
    const workers = this.nodes.filter((n) => n.role === "worker");
    for (const n of this.nodes) {
      if (n.power && this.now - n.lease > 10_000) { n.lease = this.now; n.ready = "True"; n.taints = n.taints.filter((x) => !/unreachable/.test(x)); if (n.role === "worker" && workers.length < 200) { this.message(`kubelet@${n.name}`, "kube-apiserver@control-plane-1"); this.message("kube-apiserver@control-plane-1", "etcd@control-plane-1", 0.3); } }
      if (!n.power && n.ready === "True" && this.now - n.lease > 47_000) { n.ready = "Unknown"; n.taints.push("node.kubernetes.io/unreachable:NoExecute"); this.mark("notice", `${n.name} NotReady`); this.event("Normal", "NodeNotReady", `nodes/${n.name}`, `Node ${n.name} status is now: NodeNotReady`); }
      if (!n.power && this.now - n.lease > 347_000) for (const p of this.pods) if (p.node === n.id && p.state === PodState.Ready) this.set(p, PodState.Terminating, "");
    }
    for (const d of this.deps) this.reconcile(d);
    for (const p of [...this.pods]) if (p.next <= this.now) this.advance(p);
    for (const s of this.services) {
      const mine = Object.keys(s.selector).length ? this.pods.filter((p) => { const d = this.deps.find((x) => x.view.id === p.workload); return d && Object.entries(s.selector).every(([k, v]) => d.view.labels[k] === v); }) : [];
      const up = mine.filter((p) => p.state === PodState.Ready && this.nodes.find((n) => n.id === p.node)?.ready === "True");
      s.ready = s.name === "kubernetes" ? 1 : up.length; s.notReady = mine.length - up.length; s.endpoints = up.slice(0, 200).map((p) => p.slot);
      if (!s.rps) { s.okPerSec = s.failPerSec = 0; continue; }
      this.owed += (s.rps * step) / 1000;
      let fails = 0, sent = 0;
      while (this.owed >= 1) {
        this.owed--; sent++;
        const p = up[Math.floor(this.rnd() * up.length)], dead = p && !this.nodes.find((n) => n.id === p.node)!.power, good = !!p && !dead;
        this.stats.sent++;
        if (good) this.stats.ok++; else { this.stats.failed++; fails++; const why = p ? "timeout after 1 s" : "connection refused: no endpoints"; this.stats.reasons[why] = (this.stats.reasons[why] ?? 0) + 1; }
        if (p) { const v = (this.stats.by[this.versions[p.version][2]] ??= { ok: 0, failed: 0, p50Ms: 4.2 + p.version, p99Ms: 21 }); if (good) v.ok++; else v.failed++; }
        if (this.requests.length < 60) this.requests.push({ id: ++this.requestId, service: s.id, pod: p?.slot ?? -1, via: p?.node ?? -1, version: p?.version ?? -1, ok: good, reason: good ? "" : p ? "timeout after 1 s" : "connection refused: no endpoints", sent: this.now, ms: 4 });
      }
      if (sent) { s.failPerSec = s.rps * (fails / sent) * 0.2 + s.failPerSec * 0.8; s.okPerSec = Math.max(0, s.rps - s.failPerSec); }
    }
  }

  private reconcile(d: Dep): void {
    const v = d.view, version = this.version(d, v.image), mine = this.pods.filter((p) => p.workload === v.id && p.state !== PodState.Terminating);
    const fresh = mine.filter((p) => p.version === version), old = mine.filter((p) => p.version !== version), ready = mine.filter((p) => p.state === PodState.Ready);
    if (mine.length > v.desired * 1.25 || (!old.length && mine.length > v.desired)) { for (const p of mine.slice(v.desired)) this.set(p, PodState.Terminating, ""); }
    else if (fresh.length < v.desired && mine.length < v.desired + (old.length ? Math.ceil(v.desired * 0.25) : 0) && !v.paused) { if (mine.length < v.desired + 400) for (let i = 0; i < (old.length ? 1 : v.desired - mine.length); i++) this.pod(d, version); }
    else if (old.length && ready.length > v.desired * 0.75) this.set(old.find((p) => p.state === PodState.Ready) ?? old[0], PodState.Terminating, "");
    Object.assign(v, { current: mine.length, updated: fresh.length, ready: ready.length, available: ready.length, state: fresh.length === v.desired && !old.length && ready.length === v.desired ? "complete" : "progressing" });
  }

  private set(p: Pod, state: number, reason: string, after = 1000): void { p.state = state; p.reason = reason; p.at = this.now; p.changed = true; p.next = this.now + after * (0.6 + this.rnd() * 0.8); this.revision++; }

  private advance(p: Pod): void {
    const ref = "pods/" + p.name, d = this.deps.find((x) => x.view.id === p.workload)?.view, image = d?.image ?? "";
    p.next = Infinity;
    switch (p.state) {
      case PodState.Pending: {
        if (/too-big/.test(p.name)) { this.event("Warning", "FailedScheduling", ref, `0/${this.nodes.length} nodes are available: ${this.nodes.length} Insufficient cpu.`); p.next = this.now + 60_000; return; }
        const fit = this.nodes.filter((n) => n.role === "worker" && n.ready === "True" && !n.cordoned && n.cpu.requested + 0.1 <= n.cpu.capacity).sort((a, b) => a.pods - b.pods)[0];
        if (!fit) { p.reason = "Unschedulable"; p.changed = true; p.next = this.now + 5000; return; }
        p.node = fit.id; fit.pods++; fit.cpu.requested += 0.1; fit.memory.requested += 0.25 * GiB;
        this.message("kube-scheduler@control-plane-1", "kube-apiserver@control-plane-1"); this.message("kube-apiserver@control-plane-1", "etcd@control-plane-1", 0.3); this.message("kube-apiserver@control-plane-1", `kubelet@${fit.name}`, 0.6);
        this.event("Normal", "Scheduled", ref, `Successfully assigned ${p.name} to ${fit.name}`);
        return this.set(p, PodState.Creating, "ContainerCreating", 1800);
      }
      case PodState.Creating:
        if (/no-such/.test(image)) return this.set(p, PodState.Waiting, "ImagePullBackOff", 1e9);
        if (/busybox/.test(image)) { p.restarts++; return this.set(p, PodState.Waiting, "CrashLoopBackOff", 10_000); }
        this.message(`kubelet@${this.nameOf(p.node)}`, "kube-apiserver@control-plane-1");
        return this.set(p, PodState.Running, "", 2000);
      case PodState.Waiting: return this.set(p, PodState.Creating, "ContainerCreating", 1000);
      case PodState.Running:
        this.message(`kubelet@${this.nameOf(p.node)}`, "kube-apiserver@control-plane-1"); this.message("kube-apiserver@control-plane-1", "kube-controller-manager@control-plane-1", 0.5);
        this.set(p, PodState.Ready, ""); p.next = Infinity; return;
      case PodState.Terminating: {
        const n = this.nodes.find((x) => x.id === p.node);
        if (n && !n.power) return;
        if (n) { n.pods--; n.cpu.requested -= 0.1; n.memory.requested -= 0.25 * GiB; }
        this.pods.splice(this.pods.indexOf(p), 1);
        p.state = PodState.Gone; this.freed.push(p);
      }
    }
  }

  private frame(): void {
    const full = this.full, list = [...(full ? [] : this.freed), ...(full ? this.pods : this.pods.filter((p) => p.changed))];
    const versions = full ? this.versions : this.newVersions;
    const frame: Frame = {
      seq: ++this.seq, full, now: this.now, playing: this.playing, speed: this.speed, settled: false, busy: false, revision: this.revision, after: this.seq, commands: 0, branch: 0, end: this.now, past: false,
      nodes: full || this.nodes.length < 300 ? structuredClone(this.nodes) : [], removedNodes: [], workloads: this.deps.map((d) => ({ ...d.view })), removedWorkloads: this.goneWorkloads, services: this.services.map((s) => ({ ...s })), removedServices: this.goneServices,
      pods: { slot: Int32Array.from(list, (p) => p.slot), node: Int32Array.from(list, (p) => p.node), workload: Int32Array.from(list, (p) => p.workload), version: Int32Array.from(list, (p) => p.version), state: Uint8Array.from(list, (p) => p.state), restarts: Uint16Array.from(list, (p) => p.restarts), at: Float64Array.from(list, (p) => p.at), name: list.map((p) => (full || p.fresh ? p.name : "")), reason: list.map((p) => p.reason), versions },
      pulses: this.pulses, pulsesDropped: 0, requests: this.requests, requestsDropped: 0, marks: this.marks, control: this.control(),
      totals: { nodes: this.nodes.length, pods: this.pods.length, ready: 0, pending: 0, failed: 0, apiPerSec: 3 + this.pulses.length },
    };
    for (const p of list) { p.changed = false; p.fresh = false; }
    for (const p of this.freed) this.freeSlots.push(p.slot);
    this.freed = []; this.newVersions = []; this.pulses = []; this.requests = []; this.marks = []; this.goneServices = []; this.goneWorkloads = []; this.full = false; this.acked = false;
    this.send({ type: "frame", frame });
  }

  private kubectl(id: number, line: string): void {
    let stdout = "", stderr = "";
    const dep = (name: string) => this.deps.find((d) => d.view.name === name.replace(/^deployments?(\.apps)?\//, ""));
    const words = line.split(/\s+/).slice(1), [verb, a, b] = words;
    this.message("kubectl", "kube-apiserver@control-plane-1");
    if (verb === "apply") stdout = this.apply(Object.values(this.files)[0] ?? "") || ((stderr = "error: error parsing STDIN: error converting YAML to JSON: yaml: line 3: mapping values are not allowed in this context\n"), "");
    else if (verb === "scale") { const d = dep(a); if (d) { d.view.desired = Number(/replicas=(\d+)/.exec(line)?.[1] ?? 1); stdout = `deployment.apps/${d.view.name} scaled\n`; this.mark("command", `scale ${d.view.name} ${d.view.desired}`); } }
    else if (verb === "set") { const d = dep(b), image = line.split("=").pop()!; if (d) { d.view.image = image; d.view.revision++; stdout = `deployment.apps/${d.view.name} image updated\n`; this.mark("command", `${d.view.name} → ${image.split(":").pop()}`); } }
    else if (verb === "delete") { const d = dep(a.includes("/") ? a : b ?? ""); if (d) { this.deps.splice(this.deps.indexOf(d), 1); this.goneWorkloads.push(d.view.id); for (const p of this.pods) if (p.workload === d.view.id) this.set(p, PodState.Terminating, ""); stdout = `deployment.apps "${d.view.name}" deleted\n`; } }
    else if (verb === "cordon" || verb === "uncordon") { const n = this.nodes.find((x) => x.name === a); if (n) { n.cordoned = verb === "cordon"; stdout = `node/${a} ${verb}ed\n`; } }
    else if (verb === "get" && a === "nodes") stdout = "NAME              STATUS   ROLES           AGE   VERSION\n" + this.nodes.map((n) => `${n.name.padEnd(18)}${(n.ready === "True" ? "Ready" : "NotReady").padEnd(9)}${(n.role === "worker" ? "<none>" : n.role).padEnd(16)}5m    v1.37.2`).join("\n") + "\n";
    else if (verb === "get" && a === "pods") stdout = "NAME                          READY   STATUS    RESTARTS   AGE\n" + this.pods.slice(0, 40).map((p) => `${p.name.slice(8).padEnd(30)}${p.state === 4 ? "1/1" : "0/1"}     Running   0          1m`).join("\n") + "\n";
    else if (verb === "get" && a === "deployment") { const d = dep(b); stdout = d ? JSON.stringify({ metadata: { name: b, namespace: "default", labels: d.view.labels }, spec: { replicas: d.view.desired, selector: { matchLabels: d.view.labels }, template: { metadata: { labels: d.view.labels }, spec: { containers: [{ name: d.view.container, image: d.view.image }] } } } }) : ""; }
    else if (verb === "rollout") stdout = `deployment "${b}" successfully rolled out\n`;
    else stderr = `error: unknown command "${verb}" for "kubectl"\n`;
    setTimeout(() => {
      if (stdout) this.send({ id, type: "output", stream: "stdout", text: stdout });
      if (stderr) this.send({ id, type: "output", stream: "stderr", text: stderr });
      this.ok(id, { stdout, stderr, code: stderr ? 1 : 0 });
    }, 15);
  }

  private apply(text: string): string {
    let out = "";
    for (const doc of text.split(/^---.*$/m)) {
      const kind = /^kind: *(\w+)/m.exec(doc)?.[1], name = /^metadata:\s*\n(?:\s+.*\n)*?\s+name: *([\w-]+)/m.exec(doc)?.[1];
      if (!kind || !name) continue;
      const labels: Record<string, string> = {};
      const block = kind === "Service" ? /selector:([\s\S]*?)(?:\n {2}\S|$)/.exec(doc)?.[1] : /matchLabels:([\s\S]*?)\n {2}template/.exec(doc)?.[1];
      for (const [, k, v] of (block ?? "").matchAll(/([\w./-]+): *([\w./-]+)/g)) labels[k] = v;
      if (kind === "Service" && !this.services.some((s) => s.name === name)) { this.services.push(this.service(name, "80/TCP", labels)); out += `service/${name} created\n`; }
      else if (kind === "Service") out += `service/${name} unchanged\n`;
      else if (kind === "Deployment" || kind === "Pod") {
        const image = /image: *"?([\w./:-]+)/.exec(doc)?.[1] ?? "nginx", replicas = Number(/replicas: *(\d+)/.exec(doc)?.[1] ?? 1), old = this.deps.find((d) => d.view.name === name);
        if (old) { Object.assign(old.view, { image, desired: replicas }); out += `deployment.apps/${name} configured\n`; }
        else { this.deployment(name, image, replicas, labels, true); out += `${kind === "Pod" ? "pod" : "deployment.apps"}/${name} created\n`; }
        this.mark("command", `apply ${name}`);
      }
    }
    return out;
  }

  private why(ref: string) {
    const step = (at: number, actor: string, kind: string, r: string, text: string) => ({ id: at, at, actor, kind, ref: r, text, revision: 371 + at % 50 });
    const workers = this.nodes.filter((n) => n.role === "worker").slice(0, 20);
    return {
      ref, summary: ref.startsWith("requests/") ? "No answer from 10.244.2.7:8080: its node has no power" : "Running on node-2 since the scheduler chose it",
      chain: [step(312480, "kube-proxy@node-1", "request-failed", "nodes/node-2", "No answer from 10.244.2.7:8080"), step(312470, "kube-proxy@node-1", "route", "services/default/hello", "kube-proxy on node-1 chose that endpoint"), step(72000, "endpointslice-controller", "update", "endpointslices/default/hello-x7k2p", "The endpoint is still ready: nobody has noticed"), step(60000, "kubectl", "command", "deployments/default/hello", "kubectl apply -f -")],
      history: [step(72000, "kubelet@node-2", "status", ref, "Ready became True"), step(70000, "kube-scheduler", "bind", ref, "bound to node-2")],
      scheduler: ref.startsWith("pods/") ? { at: 70000, message: `Successfully assigned ${ref.slice(5)} to node-2`, profile: "default-scheduler", rows: workers.map((n, i) => ({ node: n.name, verdict: i === 2 ? "Insufficient cpu" : "feasible", plugin: i === 2 ? "NodeResourcesFit" : "", scores: [{ plugin: "NodeResourcesFit", raw: 90, normalized: 90, weight: 1, weighted: 90 }, { plugin: "PodTopologySpread", raw: 50, normalized: 100, weight: 2, weighted: 200 }], total: 290 - i, chosen: i === 1 })) } : undefined,
      advice: ["A client that retries would not have noticed.", "A second replica on another node."],
    };
  }
}
