// The terminal's input line, without the terminal: keys in, what to print and what to run out.

import { faultVerbs } from "./engine.ts";

export interface Edit { line: string; cursor: number }

/** A here document (`… -f - <<EOF`): the word that ends it, and the line without the redirection. */
export function hereDocument(line: string): { end: string; line: string } | undefined {
  const m = /^(.*?)\s*<<-?\s*(['"]?)([A-Za-z_]\w*)\2\s*$/.exec(line);
  if (!m) return undefined;
  // `cat <<EOF | kubectl …` is the other usual form.
  return { end: m[3], line: m[1] };
}
export function pipedHereDocument(line: string): { end: string; line: string } | undefined {
  const m = /^cat\s*<<-?\s*(['"]?)([A-Za-z_]\w*)\1\s*\|\s*(.+)$/.exec(line);
  return m ? { end: m[2], line: m[3] } : undefined;
}

const verbs = "annotate api-resources apply attach auth autoscale cluster-info cordon cp create debug delete describe diff drain edit events exec explain expose get label logs patch port-forward rollout run scale set taint top uncordon version wait".split(" ");
const resources = "all configmaps deployments endpointslices events namespaces nodes pods replicasets secrets serviceaccounts services leases".split(" ");
const rollout = "history pause restart resume status undo".split(" ");

const etcdctl = new Map(Object.entries({ member: "list add remove update promote", endpoint: "status health hashkv", snapshot: "save restore status", alarm: "list disarm", defrag: "", compaction: "", "move-leader": "", version: "" }).map(([k, v]) => [k, v.split(" ").filter(Boolean)]));

/** What may follow in a line that breaks or mends something. */
function faultWords(verb: string, args: string[], names: (resource: string) => string[]): string[] {
  const links = verb === "cut" || verb === "heal" || verb === "link";
  if (args.length === 0) return /^(kill|restart|pause|continue)$/.test(verb) ? [...names("nodes"), ...names("components")] : names("nodes");
  if (links && args.length === 1) return ["*", ...names("nodes")];
  if (verb === "disk" && args.length === 1) return ["full", "ok"];
  return links ? ["both"] : [];
}

/** Words that could stand at the cursor's place; `names` gives the objects of a resource. */
export function completions(before: string, names: (resource: string) => string[], files: string[]): string[] {
  const words = before.replace(/^\s+/, "").split(/\s+/), last = words[words.length - 1], args = words.slice(1, -1).filter((w) => !w.startsWith("-"));
  const starting = (list: string[]) => list.filter((w) => w.startsWith(last) && w !== last);
  if (words.length === 1) return starting(["kubectl", "etcdctl", "kube-scheduler", "curl", ...faultVerbs, "clear", "help"]);
  if (words[0] === "etcdctl") return args.length === 0 ? starting([...etcdctl.keys()]) : args.length === 1 ? starting(etcdctl.get(args[0]) ?? []) : [];
  if (words[0] === "kube-scheduler") return args.length ? [] : starting(["--config", "--write-config-to"]);
  if (faultVerbs.includes(words[0])) return starting(faultWords(words[0], args, names));
  if (words[words.length - 2] === "-f") return starting(files);
  if (args.length === 0) return starting(verbs);
  const verb = args[0];
  if (last.includes("/")) {
    const [res, part] = last.split("/");
    return names(plural(res)).filter((n) => n.startsWith(part)).map((n) => `${res}/${n}`);
  }
  if (verb === "rollout" && args.length === 1) return starting(rollout);
  if (/^(cordon|uncordon|drain)$/.test(verb)) return starting(names("nodes"));
  if (/^(logs|exec|attach|port-forward|debug)$/.test(verb)) return starting(names("pods"));
  if (/^(rollout)$/.test(verb) || verb === "scale" || verb === "set") return starting(names("deployments").map((n) => "deployment/" + n));
  if (args.length === 1) return starting(resources);
  return starting(names(plural(args[1])));
}

export function plural(resource: string): string {
  const short: Record<string, string> = { po: "pods", pod: "pods", no: "nodes", node: "nodes", svc: "services", service: "services", deploy: "deployments", deployment: "deployments", rs: "replicasets", replicaset: "replicasets" };
  return short[resource] ?? resource;
}
