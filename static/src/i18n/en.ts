// The English texts of the page, and the list of what there is to say: every other language must have the same keys.
// {name} stands for a value. What Kubernetes itself says (names, reasons, messages) is never translated.

export const en = {
  // header
  "brand.tagline": "a Kubernetes cluster in your tab",
  "cluster.summary": "{masters} control plane · {workers} workers",
  "cluster.new": "New cluster…",
  "cluster.new.title": "A new cluster",
  "cluster.new.note": "The present cluster and everything in it goes. The same seed gives the same cluster, to the last name.",
  "cluster.nodes": "Worker nodes",
  "cluster.masters": "Control-plane nodes",
  "cluster.seed": "Seed",
  "cluster.create": "Create",
  "cancel": "Cancel", "close": "Close",
  "apply": "Apply…",
  "lang.switch": "中文", "lang.label": "Switch to Chinese",
  "theme.label": "Colours: {theme}", "theme.auto": "as the system", "theme.light": "light", "theme.dark": "dark",
  // clock
  "clock.bar": "Clock", "clock.pause": "Pause", "clock.play": "Play", "clock.step": "Step", "clock.step.title": "Handle events up to the next write",
  "clock.speed": "Speed", "clock.max": "max", "clock.settle": "Settle", "clock.settle.title": "Run as fast as possible until nothing is left but periodic work",
  "clock.now": "Virtual time since the cluster's start", "clock.busy": "running…",
  "clock.advance": "+{n}", "clock.advance.title": "Skip {n} of virtual time",
  // stage
  "stage.label": "The cluster", "stage.tree": "The cluster as a list", "stage.fit": "Fit", "stage.zoomIn": "Zoom in", "stage.zoomOut": "Zoom out",
  "stage.hq": "headquarters", "stage.revision": "etcd revision {n}", "stage.users": "Users", "stage.noLoad": "no requests",
  "stage.rps": "{n} req/s", "stage.failing": "{n} % fail", "stage.noServices": "No Services yet", "stage.more": "+{n} more",
  "stage.tray": "Waiting for a node", "stage.tray.none": "none", "stage.zone": "zone {zone}",
  "stage.pods": "{n} pods", "stage.pod1": "1 pod", "stage.lease": "lease {age} ago", "stage.lastLease": "last lease {age} ago",
  "stage.noPower": "no power · API: {ready}", "stage.cordoned": "cordoned", "stage.ready.True": "Ready", "stage.ready.False": "NotReady", "stage.ready.Unknown": "NotReady", "stage.ready.": "not registered",
  "stage.endpoints": "{ready} ready", "stage.endpoints.not": "{n} not", "stage.cpu": "CPU", "stage.memory": "Mem", "stage.nodes": "nodes", "stage.services": "Services",
  "stage.calls": "{n} calls/s", "stage.leader": "leader", "stage.down": "down",
  "stage.loading": "Loading the engine", "stage.starting": "Starting the cluster",
  "stage.help": "Arrow keys move, Enter selects",
  "stage.legend": "● {label} {share} %", "stage.legend.failed": "● failed {share} %",
  // the parts' by-names
  "nick.etcd": "the store", "nick.kube-apiserver": "the only door", "nick.kube-scheduler": "finds a node",
  "nick.kube-controller-manager": "closes the gaps", "nick.cloud-controller-manager": "talks to the cloud", "nick.kubelet": "", "nick.kube-proxy": "",
  // pod states: short words for the tile, long ones for the panels
  "tile.Pending": "pending", "tile.Creating": "creating", "tile.Running": "running", "tile.Ready": "ready", "tile.Terminating": "ending", "tile.Failed": "failed", "tile.Succeeded": "done", "tile.Waiting": "waiting", "tile.Unknown": "unknown",
  "tile.pulling": "pulling", "tile.image": "no image", "tile.crash": "crash", "tile.big": "no room",
  "state.Gone": "gone", "state.Pending": "waiting for a node", "state.Creating": "being created", "state.Running": "running, not ready", "state.Ready": "ready", "state.Terminating": "terminating", "state.Failed": "failed", "state.Succeeded": "completed", "state.Waiting": "waiting", "state.Unknown": "unknown",
  "rollout.complete": "rolled out", "rollout.progressing": "rolling out", "rollout.failed": "rollout stuck",
  // left panel
  "left.label": "What to do", "tab.yaml": "YAML", "tab.canary": "Canary", "tab.load": "Load",
  "yaml.examples": "Examples", "yaml.choose": "Choose an example…", "yaml.apply": "Apply", "yaml.editor": "Manifest", "yaml.loading": "Opening the editor…",
  "yaml.hint": "Write or paste manifests, then apply them. Ctrl+Enter applies.", "yaml.ok": "Applied", "yaml.failed": "Nothing was changed by what failed", "yaml.line": "line {n}",
  "example.canary": "Canary by replicas", "example.guestbook": "Guestbook (all in one)", "example.guestbook-website": "Guestbook (kubernetes.io)", "example.nginx": "nginx Deployment",
  "example.hello": "hello, 10 replicas with probes", "example.hello-no-probes": "hello, 10 replicas without probes", "example.broken-image": "An image that does not exist", "example.crash-loop": "A container that crashes", "example.too-big": "A pod that fits nowhere",
  "tab.edit": "Edit", "edit.label": "Text to edit", "edit.save": "Save", "edit.hint": "Ctrl+S saves, Escape cancels. Ctrl+M lets Tab leave the text.", "edit.opened": "{line}: the editor is open", "edit.again": "{line}: opened again, the errors are at the top",
  "edit.discard": "Leave without saving your changes?", "edit.leave": "Leave without saving", "edit.keep": "Keep editing", "edit.over": "The command has ended: this can no longer be saved, only copied.",
  // canary
  "canary.title": "Canary release", "canary.intro": "Two Deployments behind one Service: the new version gets the share of requests that it has of the pods.",
  "canary.none": "No Deployment stands behind a Service yet.", "canary.example": "Apply the example “Canary by replicas”",
  "canary.deployment": "Deployment", "canary.service": "behind Service {name}", "canary.image": "New image", "canary.start": "Start the canary", "canary.running": "{name} runs beside {stable}",
  "canary.step.create": "Create the canary", "canary.step.share": "Step up its share", "canary.step.watch": "Watch", "canary.step.finish": "Decide",
  "canary.share": "{canary} of {total} pods · {share} %", "canary.requests": "{share} % of requests", "canary.promote": "Promote", "canary.abort": "Abort",
  "canary.promote.note": "The stable Deployment gets the new image, then the canary goes.", "canary.abort.note": "The canary goes, the stable Deployment gets its replicas back.",
  "canary.noLoad": "No requests yet: start some load to see how each version does.", "canary.startLoad": "Send 50 requests a second",
  "canary.version": "Version", "canary.success": "Success", "canary.latency": "p50 / p99", "canary.trackWarning": "The Service selects “track”: the canary would get no requests.",
  "canary.done": "Done: {name} runs {image}.", "canary.aborted": "Aborted: everything is as before.", "canary.sameImage": "This is the image that already runs.",
  "canary.requested": "You asked for {share} %; {total} pods can only be split as {actual} %.",
  // load
  "load.title": "Requests", "load.intro": "Real requests to a Service: through kube-proxy's rules, to a pod, and back.", "load.service": "Service", "load.rps": "Requests per second", "load.start": "Start", "load.stop": "Stop", "load.change": "Change",
  "load.none": "There is no Service to send requests to.", "load.sent": "sent", "load.ok": "ok", "load.failed": "failed", "load.recent": "Last ten seconds, by version", "load.reasons": "Why requests failed", "load.why": "why?", "load.noFailures": "None failed so far.",
  // right panel
  "right.label": "What is selected", "tab.summary": "Summary", "tab.why": "Why", "tab.manifest": "YAML", "tab.events": "Events", "tab.logs": "Logs",
  "select.none": "Start here", "select.hint": "Or click anything on the stage: a node, a pod, a Service. All of it is a running cluster.",
  "select.workloads": "Workloads", "select.gone": "It is gone.", "select.describe": "kubectl describe",
  "start.apply": "Apply a manifest", "start.apply.note": "loads an example: ten pods behind a Service; then press Apply", "start.scale": "Scale it", "start.scale.note": "move the slider of a Deployment, press Scale", "start.canary": "Roll out a canary", "start.canary.note": "a share of the requests for the new version", "start.kill": "Cut a node's power", "start.kill.note": "and skip six minutes: its pods move elsewhere",
  // autoscaler
  "hpa.title": "Autoscaler", "hpa.target": "Scales", "hpa.bounds": "Replicas allowed", "hpa.goal": "target", "hpa.desired": "desired", "hpa.actual": "pods", "hpa.ready": "ready", "hpa.time": "Time", "hpa.table": "The same as a table",
  "hpa.unknown": "not known", "hpa.alt": "{metric} is {value}, its target {goal}; {desired} replicas are desired, {ready} are ready",
  "field.image": "Image", "field.replicas": "Replicas", "field.ready": "Ready", "field.updated": "Updated", "field.available": "Available", "field.node": "Node", "field.version": "Version", "field.restarts": "Restarts", "field.state": "State", "field.since": "Since", "field.workload": "Owner", "field.type": "Type", "field.ip": "Cluster IP", "field.ports": "Ports", "field.endpoints": "Endpoints", "field.selector": "Selector", "field.zone": "Zone", "field.power": "Power", "field.api": "API says", "field.pods": "Pods", "field.taints": "Taints", "field.cpu": "CPU requested", "field.memory": "Memory requested", "field.lease": "Last lease", "field.revision": "Revision", "field.role": "Role", "field.requests": "Requests", "field.rollout": "Rollout", "field.component": "Runs on",
  "power.on": "on", "power.off": "off", "none": "none",
  "act.scale": "Scale", "act.setImage": "Set image", "act.restart": "Restart", "act.undo": "Undo rollout", "act.pause": "Pause rollout", "act.resume": "Resume rollout", "act.history": "History", "act.delete": "Delete", "act.logs": "Logs", "act.canary": "Canary…", "act.load": "Send requests…", "act.cordon": "Cordon", "act.uncordon": "Uncordon", "act.drain": "Drain", "act.cut": "⚡ Cut power", "act.restore": "Power on", "act.describe": "Describe", "act.skip6": "Skip 6 min",
  "act.noKubectl": "no line: this opens a panel", "act.stands": "All lines",
  "why.chain": "Why it is so", "why.history": "Its own history", "why.scheduler": "What the scheduler saw", "why.advice": "What would help", "why.none": "Nothing is recorded about this yet.", "why.revision": "revision {n}", "why.loading": "Looking back…",
  "why.node": "Node", "why.verdict": "Verdict", "why.score": "Score", "why.chosen": "chosen",
  "logs.none": "No logs.", "logs.container": "Container",
  "events.none": "No events.", "events.age": "At", "events.type": "Type", "events.reason": "Reason", "events.object": "Object", "events.message": "Message",
  // bottom
  "bottom.label": "Terminal and events", "tab.terminal": "Terminal", "timeline.label": "Timeline", "timeline.now": "now",
  "term.open": "Click or type to open the terminal", "term.welcome": "kubectl and etcdctl are here, and lines that break things: try help. Every button on the page prints its line below.", "term.unknown": "{name}: command not found (there is kubectl, etcdctl, clear and help, and the lines that break and mend)", "term.label": "Terminal",
  "term.help": "kubectl …   any kubectl line (k for short)\netcdctl …   member list, endpoint status, snapshot save, defrag, …\nkill, restart, pause, continue  node-1 | etcd@control-plane-2\ncut, heal   control-plane-1 control-plane-2,control-plane-3 [both]; * is everybody else\nlink        node-1 * 80ms [10%] [both]; 0ms mends\ndisk        control-plane-1 500ms | full | ok\nclock       node-1 -90s; 0s mends\nclear       empties the terminal\n-f NAME     NAME is the manifest in the editor or an example; -f - <<EOF takes what follows\nCtrl-C ends a running command, ↑ and ↓ recall lines, Tab completes",
  // phone
  "sheet.do": "Do", "sheet.inspect": "Inspect", "sheet.terminal": "Terminal",
  // trouble
  "panic.title": "The engine stopped at an error", "panic.restoring": "Restoring the session from its {n} commands…", "panic.restored": "The session is restored.", "panic.dead": "Start a fresh cluster", "dismiss": "Dismiss", "params.title": "This address asks for something that there is not", "error.title": "That did not work",
  // announcements
  "say.nodeDown": "{name}: power is off", "say.nodeUp": "{name}: power is on", "say.nodeReady": "{name} is {state}",
  // the control plane, and what can be broken
  "stage.paused": "paused", "stage.standby": "standby", "stage.term": "term {n}", "stage.behind": "{n} entries behind", "stage.inFlight": "{n} in flight", "stage.voted": "voted for {name}",
  "stage.entries": "log to {n}", "stage.balancer": "load balancer", "stage.inRotation": "in rotation", "stage.outOfRotation": "out of rotation", "role.leader": "leader", "role.follower": "follower",
  "role.candidate": "candidate", "role.pre-candidate": "asks for votes", "role.learner": "learner", "role.stopped": "down", "role.removed": "removed", "cp.title": "Headquarters",
  "cp.noQuorum": "{down} of {all} members are down: no quorum. Nothing can be written, running pods go on", "cp.noStore": "etcd is down: nothing can be written, running pods go on",
  "cp.partition": "No member is heard by a majority: no quorum. Nothing can be written, running pods go on", "cp.electing": "etcd has no leader since term {term}: an election comes",
  "cp.standing": "Election: {names} asks for votes (term {term})", "cp.elected": "Term {term}: {leader} was elected by {granted}", "cp.refused": "; against: {names}",
  "cp.silent": "; not heard: {names}", "cp.degraded": "{down} of {all} members down: still a majority; {left} more may fail",
  "cp.calm": "{all} members agree · leader {leader} · term {term} · revision {revision}", "cp.members": "Members of etcd", "cp.role": "Role", "cp.term": "Term", "cp.vote": "Voted for",
  "cp.last": "On disk", "cp.commit": "Committed", "cp.applied": "Applied", "cp.revision": "Revision", "cp.pending": "Waiting (queued)", "cp.alarms": "Alarms", "cp.election": "The last election",
  "cp.writes": "What became of writes", "cp.leases": "Leases", "cp.lease": "Lease", "cp.holder": "Holder", "cp.changes": "Changes", "cp.renewed": "Renewed", "cp.parts": "What runs here",
  "write.sent": "“{line}” is on its way; no member of etcd has it", "write.queued": "“{line}” waits at {member}: there is no leader to give it to, or the disk is busy",
  "write.logged": "“{line}” is entry {index} on the disk of {on}, not committed yet",
  "write.loggedTold": "“{line}” failed for its client ({answer}), but entry {index} is still on the disk of {on}: a leader may yet commit or overwrite it",
  "write.committed": "Committed at revision {revision}", "write.committedYet": "“{line}” is committed at revision {revision}; the answer is under way",
  "write.committedAfterAll": "“{line}” was committed at revision {revision}, though its client was told: {answer}",
  "write.lost": "“{line}” is lost: it was only in the log of a leader that is gone, and was overwritten. Its client was told: {answer}",
  "write.refused": "“{line}” was not committed, it is in no log: {answer}", "ail.cut": "cut off", "ail.link": "bad link", "ail.disk": "disk +{amount}", "ail.full": "disk full",
  "ail.clock": "clock {amount}", "field.trouble": "Faults", "faults.label": "Faults in force", "faults.all": "Mend all", "faults.more": "Break something else…", "faults.what": "What",
  "faults.cut": "cut off", "faults.link": "slow or lossy link", "faults.disk": "slow disk", "faults.full": "full disk", "faults.clock": "wrong clock", "faults.to": "From whom",
  "faults.everybody": "all other machines", "faults.ms": "Milliseconds", "faults.loss": "Loss, %", "faults.seconds": "Seconds", "faults.both": "both directions", "faults.do": "Do it",
  "act.kill": "Kill", "act.start": "Start", "act.reboot": "Restart", "act.freeze": "Pause", "act.continue": "Continue", "act.heal": "Heal", "act.mend": "Mend",
  "say.leader": "{name} leads etcd in term {term}", "say.quorumLost": "etcd has no quorum: nothing can be written", "say.quorumBack": "etcd has a quorum again",
  "stage.leaseOver": "lease ran out", "cp.apart": "{names} does not hear the leader; {n} of {all} members agree", "cp.degraded0": "{down} of {all} members down: still a majority, but no other may fail", "write.it": "It",
};

export type Key = keyof typeof en;
export type Messages = Record<Key, string>;
