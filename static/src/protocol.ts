// The messages between the page and the engine's worker. Twin of wasm/protocol.go: same names, same comments.
//
// Every request carries an id and gets exactly one answer of that id, after any number of `output` messages for it; a
// `run` that was started at a terminal may also get `edit` and `keys`, which the page answers with `edited` and `input`.
// Frames come unasked, at most one unacknowledged at a time: the page answers each with `ack` when it has drawn it.

/** Raised on every incompatible change; compared in the handshake. */
export const PROTOCOL = 4;

/** What a cluster is made from; also the URL parameters of the page. */
export interface ClusterConfig { nodes: number; masters: number; seed: number; /** with metrics-server and a storage provisioner; true if left out */ addons?: boolean }

export type Request =
  /** Starts the engine's first session: a new cluster, or, with `session` (what "session" answered), that one at its moment. Answers InitResult. */
  | { id: number; op: "init"; config: ClusterConfig; protocol: number; session?: string }
  /** Replaces the session by one with a new cluster, or by `session`. A new cluster runs when it is ready, unless `paused`. Answers Opened. */
  | { id: number; op: "reset"; config: ClusterConfig; session?: string; paused?: boolean }
  /** One line of the terminal: kubectl (`files` are what `-f NAME` can read), etcdctl, kube-scheduler (engine/schedulerconfig.go; `--config NAME` reads a file), or a fault (engine/faultline.go). Output streams; ends with `code`. `terminal`: there is an editor, and somebody who types. */
  | { id: number; op: "run"; line: string; files?: Record<string, string>; terminal?: boolean }
  /** Leaves the editor of a running line, whose request is `of`. Without `text`: nothing was saved. */
  | { id: number; op: "edited"; of: number; text?: string }
  /** A line typed for a running line that reads from the terminal; "\x04" is Ctrl-D, "\x03" is Ctrl-C. */
  | { id: number; op: "input"; of: number; line: string }
  /** Ends a running line (Ctrl-C), or the opening of another session: what is shown stays, or, too large to be kept meanwhile, has been left: an error. `target` is the id of its request. */
  | { id: number; op: "cancel"; target: number }
  | { id: number; op: "pause" }
  /** speed: virtual seconds per real second; 0 means as fast as possible. */
  | { id: number; op: "play"; speed: number }
  | { id: number; op: "speed"; speed: number } // whether the clock runs or stands
  /** Handles events up to and including the next one: that happens at all, that writes a record (the default), or that changes the object `ref`; answers StepResult. */
  | { id: number; op: "step"; by?: "event" | "write" | "object"; ref?: string }
  /** Runs a `kubectl wait` line, as fast as possible until it ends; answers LineResult. */
  | { id: number; op: "until"; line: string }
  | { id: number; op: "advance"; seconds: number }
  | { id: number; op: "settle"; maxSeconds: number }
  /** Starts, changes (same service) or, with rps 0, stops requests to a Service ("name" or "namespace/name"). */
  | { id: number; op: "traffic"; service: string; rps: number }
  | { id: number; op: "trafficStats" }
  /** The chain of causes of an object ("pods/default/web-1") or of a request ("requests/17"); answers Why. */
  | { id: number; op: "why"; ref: string }
  /** Summary of one object; answers ObjectInfo. */
  | { id: number; op: "object"; ref: string }
  /** What an autoscaler has seen and done, by its reference or its target's; answers Autoscaling, or null. */
  | { id: number; op: "autoscaling"; ref: string }
  /** The newest Events, newest first; answers EventInfo[]. */
  | { id: number; op: "events"; limit: number }
  /** Answers ControlPlane, as it is now. */
  | { id: number; op: "controlPlane" }
  | { id: number; op: "stats" }
  // Time: engine/session. The cluster that is shown stands at a moment of the current branch. Before the branch's end it is
  // the past: playing goes along what was recorded; a line that only reads leaves no trace; any other command begins a branch.
  /** Shows another moment of the current branch, `ms` of virtual time, exactly there if `after` and `commands` (how many events and commands came before) are given; the clock stands then. Tells `replaying` meanwhile. A later seek or any command gives it up: its answer is an error. */
  | { id: number; op: "seek"; ms: number; after?: number; commands?: number }
  /** Shows the end of the current branch. */
  | { id: number; op: "present" }
  /** Begins a branch at the moment that is shown, and makes it the current one; answers Branch[]. */
  | { id: number; op: "branch"; name?: string }
  /** Goes to the end of a branch, or, with `ms`, to a moment of it, exact as for seek; answers Branch[]. */
  | { id: number; op: "checkout"; branch: number; ms?: number; after?: number; commands?: number }
  /** Begins a branch without the newest command of what is shown that changed something; answers Undone. */
  | { id: number; op: "undo" }
  | { id: number; op: "renameBranch"; branch: number; name: string }
  /** The current branch cannot be dropped, nor the last one. */
  | { id: number; op: "dropBranch"; branch: number }
  /** Answers Branch[]. */
  | { id: number; op: "branches" }
  /** The session as text: configuration, branches, their commands, the moment that is shown; `branch` alone without the others. Answers { text }. Compress it before it travels. */
  | { id: number; op: "session"; branch?: number }
  /** Every object as manifests that a real cluster takes, without what clusters make themselves; answers Manifests. */
  | { id: number; op: "export" }
  /** The journal up to now as text, one record a line; answers { text }. */
  | { id: number; op: "journal" }
  /** Manifests, also such as `kubectl get -o yaml` gave of a real cluster, made fit to apply here: at most 4 MiB; answers Manifests. */
  | { id: number; op: "import"; text: string }
  // Lessons: scenarios/lesson.
  /** Reads all files of a lesson by name (scenario.yaml, en.md, zh.md, manifests), strictly, and keeps it for `checks`; answers Lesson, or an error whose lines each name file and line. */
  | { id: number; op: "lesson"; files: Record<string, string> }
  /** Whether the checks of a step of that lesson hold, as of now, where the step began at moment `since`; answers CheckResult[]. */
  | { id: number; op: "checks"; step: number; since: Moment }
  /** Runs one line of a lesson's setup or solution to its end, as fast as possible: as `run`, and also the clock's (advance, settle) and the load's; {{pod app=web}} is filled in. `files`: the lesson's. Tells the line as it is run, then output streams; answers LineResult, or null for the clock's and the load's. */
  | { id: number; op: "line"; line: string; files?: Record<string, string> }
  | { id: number; op: "ack"; seq: number };

export type Answer =
  | { id: number; type: "result"; value: unknown }
  | { id: number; type: "error"; message: string }
  | { id: number; type: "output"; stream: "stdout" | "stderr"; text: string }
  /** A lesson's line as it is run. */
  | { id: number; type: "line"; text: string }
  /** A running line shows a text in an editor, under the name of a temporary file, and waits for `edited`. */
  | { id: number; type: "edit"; name: string; text: string }
  /** A running line reads from the terminal from now on, and shows itself what it reads. `raw`: Ctrl-C is a key like any other, typed as "\x03". */
  | { id: number; type: "keys"; raw?: boolean }
  | { type: "frame"; frame: Frame }
  /** The engine broke; the session is being restored from its command log, which takes `commands` commands. */
  | { type: "panic"; message: string; stack: string; commands: number }
  | { type: "restored" }
  /** A moment is being replayed: virtual milliseconds done, of so many. */
  | { type: "replaying"; ms?: number; of?: number }
  /** Progress of loading before init is answered: bytes of the engine fetched. */
  | { type: "loading"; loaded: number; total: number };

export interface InitResult { protocol: number; version: string; wasmBytes: number; opened: Opened }
/** What became of a session that was opened. */
export interface Opened {
  /** Every branch's hash is what it was: the very same cluster. */ exact: boolean;
  /** of the engine that recorded it */ version: string;
  /** why it is not exact; "" if it is */ why: string;
  /** What had been applied, if not exact: manifests to go on with. */ manifests: string;
}
/** A place in a session: virtual milliseconds, and how many events and commands came before. A frame's is now, after, commands. */
export interface Moment { ms: number; after: number; commands: number }
/** One way a session went on. */
export interface Branch {
  id: number; /** "" for one that nobody named */ name: string; /** Branch.id, -1 for the first */ parent: number; /** where it left its parent */ fork: Moment;
  end: Moment; commands: number; current: boolean;
  /** the commands that are its own, newest last, at most ten, as lines */ lines: string[];
}
/** What an undo took back, as a line, and the branches now. */
export interface Undone { line: string; branches: Branch[] }
/** A lesson as read (scenarios/AUTHORING.md); texts are Markdown: CommonMark with tables, no HTML, no pictures, links https: or #. */
export interface Lesson {
  id: string; order: number; minutes: number; title: Texts; /** one paragraph */ summary: Texts;
  cluster: ClusterConfig; /** names of its manifests */ files: string[]; /** lines that come before the first step; for `line` */ setup: string[];
  intro: Texts; /** for whoever teaches */ teacher: Texts; steps: LessonStep[]; /** after the last step */ end: { title: Texts; text: Texts };
}
/** By language. */
export interface Texts { en: string; zh: string }
export interface LessonStep {
  id: string; title: Texts; text: Texts; /** shown when the checks hold; may be "" */ after: Texts; hints: Texts[]; /** may be "" */ teacher: Texts;
  /** what the step points at: "pods/default/web-*" (* is any ending), "component:etcd", "component:kubelet@node-1", "panel:terminal", "button:step" */ point: string[];
  predict?: { question: Texts; options: { text: Texts; right: boolean }[]; /** shown when the checks hold, in a step to read at once */ answer: Texts };
  checks: { id: string; text: Texts }[]; /** lines that solve it; for `line` */ solution: string[]; /** nothing to do: read and go on */ read: boolean;
  /** the clock's speed, until it is done or left; -1 the learner's, 0 paused */ speed: number;
}
/** An entry of lessons/index.json, which the build makes; the files are beside it in lessons/ID/. */
export interface LessonEntry { id: string; order: number; minutes: number; title: Texts; summary: Texts; files: string[] }
export interface CheckResult { ok: boolean; /** what is the case instead, as a sentence; "" if it holds */ got: Texts }
/** Manifests, and what was left out. */
export interface Manifests { yaml: string; left: LeftOut[] }
/** Objects that were left out for one reason (engine/api/portable/left.go). */
export interface LeftOut {
  why: "owned" | "cluster" | "machine" | "provisioned" | "passing" | "deleting" | "unserved"; count: number;
  /** the first of them, as "Pod default/web-1" */ what: string[];
}
export interface LineResult { stdout: string; stderr: string; code: number }
export interface StepResult { actor: string; label: string; at: number; record?: string; ref?: string }
export interface Stats {
  nodes: number; pods: Record<string, number>; now: number; events: number; journalHash: string; wasmBytes: number;
}
export interface VersionStats { ok: number; failed: number; p50Ms: number; p99Ms: number }
export interface TrafficStats {
  sent: number; ok: number; failed: number;
  byVersion: Record<string, VersionStats>;
  /** Why requests failed: text → how many. */
  reasons: Record<string, number>;
  /** The same for each service under load, and for its last ten seconds. */
  services: { service: string; rps: number; sent: number; ok: number; failed: number; recent: Record<string, VersionStats>; recentFailed: number }[];
}

/** One link of a chain of causes, effect first. */
export interface WhyStep {
  id: number; at: number; actor: string; kind: string; ref: string; text: string; revision: number;
}
/** The scheduler's table for a pod: one row a node. */
export interface SchedulerRow {
  node: string; verdict: string; /** plugin that rejected, "" if feasible */ plugin: string;
  scores: { plugin: string; raw: number; normalized: number; /** of the plugin in the pod's profile */ weight: number; weighted: number }[]; total: number; chosen: boolean;
}
/** One change after which a waiting pod would fit; where: nodes, none for "node", a node that joins. */
export interface Remedy {
  kind: "recover" | "uncordon" | "toleration" | "label" | "request" | "room" | "port" | "node"; what: string; nodes: string[];
}
export interface Why {
  ref: string; /** one sentence: what is the case now */ summary: string;
  chain: WhyStep[]; /** the object's own history, newest first */ history: WhyStep[];
  scheduler?: {
    at: number; message: string; /** of the scheduler, as the pod's schedulerName gives it */ profile: string; rows: SchedulerRow[];
    /** Single changes that would let a pod in that still waits, as the cluster is now, cheapest first. */
    remedies?: Remedy[];
    /** Pods (namespace/name) that had to leave a node to make room. */
    preempted?: string[];
  };
  /** What would have helped or would help, as sentences; may be empty. */
  advice: string[];
}
export interface ObjectInfo {
  ref: string; kind: string; namespace: string; name: string; yaml: string; describe: string;
  /** Log text by container; pods only. */
  logs?: Record<string, string>;
  exists: boolean;
}
/** Columns of equal length (engine/autoscaling.go): a step for every change of an autoscaler or its target; -1 is not known. */
export interface Autoscaling {
  ref: string; /** a reference */ target: string; min: number; max: number;
  /** the first of its metrics; "%" of the request, "B", or "" for a plain number */ metric: string; unit: "%" | "B" | "";
  /** ms of virtual time */ at: number[]; value: number[]; /** what the metric should be */ goal: number[];
  /** replicas asked for, pods of the target, ready ones */ desired: number[]; actual: number[]; ready: number[];
}
export interface EventInfo {
  /** what it says itself, to the second */ at: number; /** when it was committed last, -1 if that is not known */ moment: number; type: string; reason: string; object: string; ref: string; message: string; count: number;
}

/**
 * What changed since the last frame that was acknowledged. The first frame after init, reset or restore has
 * `full: true` and holds everything. Times are milliseconds of virtual time since the cluster's start.
 */
export interface Frame {
  seq: number; full: boolean;
  now: number; /** paused: 0 speed */ playing: boolean; speed: number; settled: boolean;
  /** busy: a command (advance, settle) is under way */ busy: boolean;
  revision: number;
  /** events that have happened: with now, the moment */ after: number; /** commands of the current branch up to here */ commands: number;
  /** the current branch, its end (ms), and whether the moment that is shown comes before it */ branch: number; end: number; past: boolean;
  nodes: NodeView[]; removedNodes: number[];
  workloads: WorkloadView[]; removedWorkloads: number[];
  services: ServiceView[]; removedServices: number[];
  pods: PodColumns;
  /** Messages between actors since the last frame, at most a few hundred; dropped counts the rest. */
  pulses: Pulse[]; pulsesDropped: number;
  requests: RequestView[]; requestsDropped: number;
  marks: Mark[];
  /** When it changed: a few times a second at most, and in every full frame. */ control?: ControlPlane;
  totals: { nodes: number; pods: number; ready: number; pending: number; failed: number; apiPerSec: number };
}

/** A machine. `power` is the truth; `ready` is what the API says. */
export interface NodeView {
  id: number; name: string; role: "control-plane" | "worker"; zone: string;
  power: boolean; ready: "True" | "False" | "Unknown" | ""; cordoned: boolean; taints: string[];
  cpu: { capacity: number; requested: number }; /** bytes */ memory: { capacity: number; requested: number };
  maxPods: number; pods: number; /** ms of virtual time of the last lease renewal, -1 unknown */ lease: number;
  /** Control-plane nodes: the components that run there and whether they are up, and who leads. */
  components: { name: string; up: boolean; leader: boolean }[];
}
/** What owns pods: a Deployment, a bare ReplicaSet, or "" for bare pods. Versions are its pod templates. */
export interface WorkloadView {
  id: number; ref: string; kind: string; namespace: string; name: string; image: string; container: string;
  desired: number; current: number; updated: number; ready: number; available: number; paused: boolean;
  /** the rollout is complete, progressing or failed (progress deadline) */ state: "complete" | "progressing" | "failed";
  labels: Record<string, string>; revision: number;
}
export interface ServiceView {
  id: number; ref: string; namespace: string; name: string; type: string; clusterIP: string; ports: string;
  selector: Record<string, string>; ready: number; notReady: number;
  rps: number; okPerSec: number; failPerSec: number;
  /** pod slots behind it (ready ones), at most 200 */ endpoints: number[];
}

/** Pod states in PodColumns.state. */
export const PodState = {
  Gone: 0, Pending: 1, Creating: 2, Running: 3, Ready: 4, Terminating: 5, Failed: 6, Succeeded: 7, Waiting: 8, Unknown: 9,
} as const;
/** Pods that changed, as columns of equal length. `slot` names a pod while it lives; state Gone frees it. */
export interface PodColumns {
  slot: Int32Array; /** NodeView.id, -1 unscheduled */ node: Int32Array; /** WorkloadView.id, 0 none */ workload: Int32Array;
  /** index into versions, stable for the session */ version: Int32Array; state: Uint8Array; restarts: Uint16Array;
  /** virtual ms of the change */ at: Float64Array;
  /** namespace/name of pods that are new in this frame, else "" */ name: string[];
  /** the reason shown while not ready ("ContainerCreating", "ImagePullBackOff", "Completed"), else "" */ reason: string[];
  /** version names that are new since the last frame: [index, workload ref, label such as "1.0", hash] */
  versions: [number, string, string, string][];
}
export interface Pulse { from: string; to: string; label: string; sent: number; arrive: number; record: number }
export interface RequestView {
  id: number; service: number; /** pod slot, -1 none */ pod: number; /** node of the proxy that routed it */ via: number;
  version: number; ok: boolean; reason: string; sent: number; ms: number;
}
/** An event worth naming on the timeline. `record` 0: a full frame in the past tells so what will be done after it; it has not happened yet. */
export interface Mark { at: number; kind: "command" | "fault" | "notice"; text: string; record: number }

/** The headquarters (engine/controlplane.go), what is broken, and what became of the newest writes. Times are virtual milliseconds. */
export interface ControlPlane {
  masters: Master[];
  /** the member that leads as of the highest term, "" none */ leader: string; /** a write could be committed now */ quorum: boolean;
  /** of the newest committed write */ revision: number;
  election?: Election; leases: Leadership[];
  /** a load balancer is in front of the API servers */ balanced: boolean;
  faults: FaultInForce[]; writes: Write[];
}
export interface Master {
  name: string; power: boolean; components: ComponentState[]; /** the load balancer sends connections here */ endpoint: boolean; etcd: EtcdMember;
  /** by how much its clock is off */ clockMs?: number; /** what a write to its disk takes longer */ diskMs?: number; diskFull?: boolean;
}
export interface ComponentState { name: string; up: boolean; paused?: boolean; /** it does the work */ leader: boolean }
/** A copy of etcd; of one that does not run, what its disk holds. */
export interface EtcdMember {
  id: string; role: "leader" | "follower" | "candidate" | "pre-candidate" | "learner" | "stopped" | "removed" | "";
  term: number; /** for whom in this term */ vote: string; /** the leader it knows */ follows: string;
  /** newest entry on its disk, known to be committed, in its store */ last: number; commit: number; applied: number;
  revision: number; /** requests clients wait for */ pending: number; /** those not yet in the log */ queued: number;
  /** of a leader */ peers?: { name: string; match: number; next: number; state: "probe" | "replicate" | "snapshot"; active: boolean }[];
  alarms?: string[];
}
/** The newest that made a leader; who is in neither list was not heard. */
export interface Election { term: number; leader: string; at: number; granted: string[] | null; refused: string[] | null }
/** A Lease that components compete for. */
export interface Leadership { name: string; holder: string; host: string; transitions: number; /** by the holder's clock */ acquired: number; renewed: number }
/** A fault and the line that undoes it. */
export interface FaultInForce { line: string; undo: string; at: number; op: string; name: string; to?: string }
/** A kubectl command that writes: what its client was told, and what is true. */
export interface Write {
  line: string; at: number; state: "sent" | "queued" | "logged" | "committed" | "lost" | "refused";
  revision?: number; writes?: number; /** whose client waits */ member?: string; /** its entry of the log */ index?: number; /** whose disks have it */ on?: string[];
  /** the client was answered */ done: boolean; code?: number; answer?: string; ended?: number;
}
