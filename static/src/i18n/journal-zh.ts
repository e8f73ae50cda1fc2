// The Chinese of what the engine writes into its journal, and says in answers to "why". What Kubernetes itself says stays as
// it is: reasons, conditions, messages of the scheduler and of webhooks, names, commands.
//
// A sentence is looked up by patterns: {name} stands for one word, {name*} for anything, {name:} for anything that may be a
// sentence of the engine again. A text that nothing fits is returned as it came.
// scenarios/testdata and scenarios/lesson/testdata hold examples of what there is to be said; a test goes through them.

const sentences: readonly (readonly [english: string, chinese: string])[] = [
  // engine/faults.go, etcd_ops.go, traffic.go: what somebody does to the cluster
  ["{what} lost power", "{what} 断电"],
  ["{what} has power again", "{what} 恢复供电"],
  ["{what} was suspended: nothing on it moves", "{what} 被挂起：上面的一切都停住了"],
  ["{what} goes on", "{what} 继续运行"],
  ["{what} was stopped", "{what} 被终止"],
  ["{what} was started", "{what} 被启动"],
  ["{what} was restarted", "{what} 被重启"],
  ["{what} was paused", "{what} 被暂停"],
  ["{what} exited", "{what} 退出"],
  ["the link from {a*} to {b*} was cut", "从 {a} 到 {b} 的网络被切断"],
  ["the links from {a*} to {b*} were cut", "从 {a} 到 {b} 的网络被切断"],
  ["the links between {a*} and {b*} were cut", "{a} 与 {b} 之间的网络被切断"],
  ["the link from {a*} to {b*} is whole again", "从 {a} 到 {b} 的网络恢复"],
  ["the links from {a*} to {b*} are whole again", "从 {a} 到 {b} 的网络恢复"],
  ["the links between {a*} and {b*} are whole again", "{a} 与 {b} 之间的网络恢复"],
  ["the link from {a*} to {b*} is as good as ever", "从 {a} 到 {b} 的网络恢复正常"],
  ["the links from {a*} to {b*} are as good as ever", "从 {a} 到 {b} 的网络恢复正常"],
  ["the links between {a*} and {b*} are as good as ever", "{a} 与 {b} 之间的网络恢复正常"],
  ["the link from {a*} to {b*} is bad: {ms} one way, {share}% of packets lost", "从 {a} 到 {b} 的网络变差：单程 {ms}，丢包 {share}%"],
  ["the links from {a*} to {b*} are bad: {ms} one way, {share}% of packets lost", "从 {a} 到 {b} 的网络变差：单程 {ms}，丢包 {share}%"],
  ["the links between {a*} and {b*} are bad: {ms} one way, {share}% of packets lost", "{a} 与 {b} 之间的网络变差：单程 {ms}，丢包 {share}%"],
  ["the clock of {host} is {d} fast", "{host} 的时钟快了 {d}"],
  ["the clock of {host} is {d} slow", "{host} 的时钟慢了 {d}"],
  ["the clock of {host} is right", "{host} 的时钟恢复准确"],
  ["the disk of {host} takes {d} longer for each write and is full", "{host} 的磁盘每次写入多花 {d}，而且已写满"],
  ["the disk of {host} takes {d} longer for each write", "{host} 的磁盘每次写入多花 {d}"],
  ["the disk of {host} is full", "{host} 的磁盘已写满"],
  ["the disk of {host} is as good as ever", "{host} 的磁盘恢复正常"],
  ["etcd was restored from a snapshot of revision {n}", "etcd 从修订版本 {n} 的快照恢复"],
  ["load: {n} requests a second to {service}", "流量：每秒向 {service} 发 {n} 个请求"],

  // engine/etcd, client: the control plane among itself
  ["became leader", "成为领导者"],
  ["is not leader any more", "不再是领导者"],
  ["is a voting member", "是有投票权的成员"],
  ["joined as a learner", "以学习者身份加入"],
  ["was removed", "已移除"],
  ["raised alarm {alarm}: the cluster takes no more writes", "发出告警 {alarm}：集群不再接受写入"],
  ["alarm {alarm} was disarmed", "告警 {alarm} 已解除"],
  ["{id} became leader", "{id} 成为领导者"],
  ["{id} lost the lease: it could not be renewed for {n} s", "{id} 失去租约：{n} 秒内没能续约"],
  ["kube-apiserver on {host} is ready: the load balancer sends connections to it", "{host} 上的 kube-apiserver 已就绪：负载均衡开始给它连接"],
  ["kube-apiserver on {host} is not ready: the load balancer sends no connections to it", "{host} 上的 kube-apiserver 未就绪：负载均衡不再给它连接"],

  // engine/kubelet, runtime, proxy
  ["container {c} exited with code {n}", "容器 {c} 退出，退出码 {n}"],
  ["sent {signal} to container {c}: grace period over", "宽限期已过：向容器 {c} 发送 {signal}"],
  ["sent {signal} to container {c}", "向容器 {c} 发送 {signal}"],
  ["runs the preStop hook of container {c}", "执行容器 {c} 的 preStop 回调"],
  ["started container {c}", "启动了容器 {c}"],
  ["failed to start container {c}: {why*}", "容器 {c} 启动失败：{why}"],
  ["pulled image {image} in {d}", "拉取了镜像 {image}，用时 {d}"],
  ["failed to pull image {image}", "拉取镜像 {image} 失败"],
  ["readiness probe of container {c} succeeded", "容器 {c} 的就绪探针成功"],
  ["readiness probe of container {c} failed", "容器 {c} 的就绪探针失败"],
  ["startup probe of container {c} succeeded", "容器 {c} 的启动探针成功"],
  ["startup probe of container {c} failed", "容器 {c} 的启动探针失败"],
  ["liveness probe of container {c} failed", "容器 {c} 的存活探针失败"],
  ["the files of its volumes are up to date", "卷里的文件已更新"],
  ["evicted: {why*}", "驱逐：{why}"],
  ["rejected: {why*}", "拒绝接收：{why}"],
  ["wrote the first rules", "写下了最初的规则"],
  ["wrote rules: {n} changes", "写入规则：{n} 处变化"],

  // engine/scheduler
  ["found no node: {why*}", "没有合适的节点：{why}"],
  ["chose {node}, the only feasible node", "选中 {node}，唯一可行的节点"],
  ["chose {node} of {n} feasible, score {score}", "从 {n} 个可行节点中选中 {node}，得分 {score}"],
  ["feasible", "可行"],
  ["{n} nodes", "{n} 个节点"],

  // engine/controllers: Deployments and ReplicaSets
  ["{type}: new template, revision {rev}, {n} of {all} replicas at once (maxSurge {s}, maxUnavailable {u}): create ReplicaSet {rs}", "{type}：新模板，修订版本 {rev}，{all} 个副本先建 {n} 个（maxSurge {s}，maxUnavailable {u}）：创建 ReplicaSet {rs}"],
  ["{type}: new template, revision {rev}, {n} of {all} replicas at once: create ReplicaSet {rs}", "{type}：新模板，修订版本 {rev}，{all} 个副本先建 {n} 个：创建 ReplicaSet {rs}"],
  ["{why:}: scale ReplicaSet {rs} {a} → {b} (maxSurge {s}, maxUnavailable {u})", "{why}：把 ReplicaSet {rs} 从 {a} 调到 {b}（maxSurge {s}，maxUnavailable {u}）"],
  ["{why:}: scale ReplicaSet {rs} {a} → {b}", "{why}：把 ReplicaSet {rs} 从 {a} 调到 {b}"],
  ["rolling update: down to the Deployment's size", "滚动更新：缩到 Deployment 的大小"],
  ["rolling update: room for new replicas", "滚动更新：有新副本的名额"],
  ["rolling update: {a} available, {b} needed", "滚动更新：{a} 个可用，需要 {b} 个"],
  ["rolling update: {n} of its replicas are unavailable", "滚动更新：它有 {n} 个副本不可用"],
  ["recreate: old pods first", "重建：先去掉旧 Pod"],
  ["recreate: the old pods are gone", "重建：旧 Pod 都已离开"],
  ["scale in proportion: {n} replicas in all", "按比例扩缩：总共 {n} 个副本"],
  ["scale: the new ReplicaSet is saturated", "扩缩：新 ReplicaSet 已达到大小"],
  ["scale", "扩缩"],
  ["roll back to revision {n}: take the template of ReplicaSet {rs}", "回滚到修订版本 {n}：采用 ReplicaSet {rs} 的模板"],
  ["beyond revisionHistoryLimit {n}: delete ReplicaSet {rs}", "超出 revisionHistoryLimit {n}：删除 ReplicaSet {rs}"],
  ["too few replicas: creating {n} (has {a}, wants {b})", "副本太少：创建 {n} 个（现有 {a}，期望 {b}）"],
  ["too many replicas: deleting {n} (has {a}, wants {b})", "副本太多：删除 {n} 个（现有 {a}，期望 {b}）"],

  // DaemonSets, Jobs, CronJobs, StatefulSets, autoscaling
  ["nodes without a daemon pod: creating {n}", "有节点缺守护 Pod：创建 {n} 个"],
  ["daemon pods to go: deleting {n}", "有多余的守护 Pod：删除 {n} 个"],
  ["too few active pods: creating {n} (has {a}, wants {b})", "活跃的 Pod 太少：创建 {n} 个（现有 {a}，期望 {b}）"],
  ["too many active pods: deleting {n}", "活跃的 Pod 太多：删除 {n} 个"],
  ["suspended: deleting {n}", "已挂起：删除 {n} 个"],
  ["scheduled time {time} has come: creating Job {job}", "到了预定时间 {time}：创建 Job {job}"],
  ["waiting for Pod {pod} to Terminate prior to scale down", "等 Pod {pod} 终止，再缩容"],
  ["waiting for Pod {pod} to Terminate", "等 Pod {pod} 终止"],
  ["waiting for Pod {pod} to be {what*} prior to scale down", "等 Pod {pod} 变为 {what}，再缩容"],
  ["waiting for Pod {pod} to be {what*}", "等 Pod {pod} 变为 {what}"],
  ["pod {pod} does not exist: creating it", "Pod {pod} 不存在：创建它"],
  ["pod {pod} has ended ({phase}): deleting it, to be made anew", "Pod {pod} 已结束（{phase}）：删除后重新创建"],
  ["pod {pod} is beyond the replicas that are wanted: deleting it", "Pod {pod} 超出期望的副本数：删除它"],
  ["pod {pod} is of revision {a}: deleting it, to be made anew as {b}", "Pod {pod} 属于修订版本 {a}：删除后按 {b} 重新创建"],
  ["the template is new: it becomes revision {n}, {name}", "模板是新的：成为修订版本 {n}，即 {name}"],
  ["the template is that of revision {a} again: it becomes revision {b}", "模板又和修订版本 {a} 一样：成为修订版本 {b}"],
  ["{target}: {a} to {b} replicas: {why*}", "{target}：副本从 {a} 调到 {b}：{why}"],
  ["{target}: {a} to {b} replicas: ", "{target}：副本从 {a} 调到 {b}"],

  // nodes and what becomes of their pods
  ["no lease renewal for {n} s (grace {grace} s): the node's status is Unknown", "{n} 秒没有续约（宽限 {grace} 秒）：节点的状态记为 Unknown"],
  ["not ready: its node {node} is not", "未就绪：它的节点 {node} 未就绪"],
  ["its turn in the eviction queue of its zone: taint {taint}", "在可用区的驱逐队列里轮到它：打上污点 {taint}"],
  ["does not tolerate the taint {taint} of node {node}", "不能容忍节点 {node} 的污点 {taint}"],
  ["toleration of {n} s for {taint} is over", "对 {taint} 的容忍已满 {n} 秒"],
  ["garbage: {why:}", "清理：{why}"],
  ["its node {node} no longer exists", "它的节点 {node} 已不存在"],
  ["terminating on node {node}, which is out of service", "在停用的节点 {node} 上终止"],
  ["terminating without ever having been on a node", "从未到过任何节点就要终止"],
  ["more than {n} ended pods", "已结束的 Pod 超过 {n} 个"],
  ["the cloud has no such machine any more: delete the node", "云里已经没有这台机器：删除 Node"],
  ["the cloud knows the machine: {type} in {zone}", "云认得这台机器：{type}，位于 {zone}"],
  ["the cloud gave the load balancer {a} and {b}", "云给负载均衡分配了 {a} 和 {b}"],
  ["the cloud gave the load balancer {a}", "云给负载均衡分配了 {a}"],

  // owners and finalizers
  ["garbage collector: its owner {kind} {name} is gone", "垃圾收集：它的属主 {kind} {name} 已不在"],
  ["garbage collector: its owner {kind} {name} is deleted in the foreground: delete it so too", "垃圾收集：它的属主 {kind} {name} 正在前台删除：它也前台删除"],
  ["garbage collector: its owner {kind} {name} is deleted in the foreground", "垃圾收集：它的属主 {kind} {name} 正在前台删除"],
  ["garbage collector: its owner {kind} {name} is deleted without its dependents: orphan it", "垃圾收集：只删除属主 {kind} {name}，不删附属：让它成为孤儿"],
  ["garbage collector: {kind} {name} still owns it: drop the references to owners that are gone", "垃圾收集：{kind} {name} 仍是属主：去掉指向已不在的属主的引用"],
  ["nothing is left in the namespace: remove its finalizer", "名字空间已空：去掉它的 finalizer"],
  ["no address needs the range any more: remove its finalizer", "不再有地址用到这个范围：去掉它的 finalizer"],
  ["no pod uses the claim any more: remove its finalizer", "不再有 Pod 使用这个申领：去掉它的 finalizer"],
  ["no claim is bound to the volume any more: remove its finalizer", "不再有申领绑定到这个卷：去掉它的 finalizer"],
  ["its service account {name} does not exist: delete the token", "它的服务账号 {name} 不存在：删除令牌"],
  ["the roles it unites have other rules: write them", "它汇总的角色规则变了：写入"],

  // volumes
  ["volume {volume} suits the claim: bind them", "卷 {volume} 适合这个申领：把两者绑定"],
  ["the claim {claim} is gone: release the volume, reclaim policy {policy}", "申领 {claim} 已不在：释放卷，回收策略 {policy}"],
  ["a pod on {node} wants the volume: attach it", "{node} 上有 Pod 要用这个卷：挂接"],
  ["nobody on {node} uses the volume {volume}: detach it", "{node} 上不再有谁使用卷 {volume}：断开"],

  // certificates
  ["approve it: {user} may have it", "批准：{user} 有权得到它"],
  ["it is approved: sign it", "已批准：签发"],
  ["it is nothing that {signer} signs: {why*}", "{signer} 不签这样的请求：{why}"],
  ["remove it: {why:}", "清除：{why}"],
  ["it is more than a day old and unhandled", "超过一天无人处理"],
  ["it was denied more than an hour ago", "被拒绝已超过一小时"],
  ["it failed more than an hour ago", "失败已超过一小时"],
  ["it was approved more than an hour ago, and issued", "批准并签发已超过一小时"],
  ["its certificate has expired", "证书已过期"],
  ["it was approved more than a day ago and never issued", "批准已超过一天，却一直没有签发"],

  // engine/network: requests that failed
  ["request to {service} at {at} (pod {pod}) failed: {why:}", "发给 {service} 的请求（{at}，Pod {pod}）失败：{why}"],
  ["request to {service} at {at} failed: {why:}", "发给 {service} 的请求（{at}）失败：{why}"],
  ["request to {service} failed: {why:}", "发给 {service} 的请求失败：{why}"],
  ["connection refused: {why:}", "连接被拒绝，{why}"],
  ["connection reset by peer: {why:}", "连接被重置，{why}"],
  ["timeout: {why:}", "超时，{why}"],
  ["no endpoints: {why:}", "没有端点，{why}"],
  ["no such service: the rules of {node} do not know it (no such service)", "没有这个 Service，{node} 的规则不认得它"],
  ["no such service: {why:}", "没有这个 Service，{why}"],
  ["HTTP {n}: {why:}", "HTTP {n}，{why}"],
  ["connection refused", "连接被拒绝（connection refused）"],
  ["connection reset by peer", "连接被重置（connection reset by peer）"],
  ["timeout", "超时"],
  ["no endpoints", "没有端点"],
  ["no such service", "没有这个 Service"],
  ["no such port", "没有这个端口"],
  ["the rules of {node} have no ready endpoint for it", "{node} 的规则里没有它的就绪端点"],
  ["the rules of {node} do not know it ({why:})", "{node} 的规则不认得它（{why}）"],
  ["node {node}, where it entered, did not answer", "入口节点 {node} 没有应答"],
  ["no machine has the address {ip}", "没有机器使用地址 {ip}"],
  ["node {a}, which has the pod, has no power, and the rules of {b} still led there", "Pod 所在的节点 {a} 已断电，而 {b} 的规则还指向那里"],
  ["node {node} had lost power, and its pods are not back yet", "节点 {node} 断过电，它的 Pod 还没有恢复"],
  ["the pod was gone, and the rules of {node} still led to its address", "Pod 已经不在，而 {node} 的规则还指向它的地址"],
  ["container {c} has more work than its CPU limit of {limit} allows: what comes now waits {d}", "容器 {c} 忙不过来，它的 CPU 限制是 {limit}：现在来的请求要等 {d}"],
  ["container {c} has more work than the CPU of its node allows: what comes now waits {d}", "容器 {c} 忙不过来，节点的 CPU 只有这么多：现在来的请求要等 {d}"],
  ["no answer came from node {node} within 1 s", "节点 {node} 在 1 秒内没有应答"],
  ["container {c} ended while it answered", "容器 {c} 在应答途中结束了"],
  ["container {c} answered with status {n}", "容器 {c} 应答的状态码是 {n}"],
  ["no program in the pod opens port {n}", "Pod 里没有程序监听端口 {n}"],
  ["container {c} had ended after its stop signal while the rules still led to it", "容器 {c} 收到停止信号后已经结束，而规则还指向它"],
  ["container {c} had been told to stop ({signal}) while the rules still led to it", "容器 {c} 已收到停止信号（{signal}），而规则还指向它"],
  ["container {c} had ended", "容器 {c} 已经结束"],
  ["container {c} had not started yet", "容器 {c} 还没有启动"],
  ["container {c} had started but did not listen yet, and without a readiness probe its pod counts as ready at once", "容器 {c} 已启动，但还没有开始监听；没有就绪探针，它的 Pod 一启动就算就绪"],
  ["container {c} had started but did not listen yet", "容器 {c} 已启动，但还没有开始监听"],
  ["the endpoint leaves the rules once the node lifecycle controller has marked the node unreachable, about 50 s after its last sign of life", "等节点生命周期控制器把节点标为不可达，这个端点才会离开规则：那是在它最后一次有动静之后约 50 秒"],
  ["a preStop hook that sleeps a few seconds keeps the container serving until every node's rules have left it out", "加一个睡几秒的 preStop 回调：容器会继续服务，直到每个节点的规则都不再指向它"],
  ["more replicas share the load; a higher CPU limit lets each do more", "增加副本可以分担流量；提高 CPU 限制能让每个副本多做一些"],
  ["no pod that the Service selects is ready: look at its selector and at the pods' readiness", "Service 选中的 Pod 没有一个就绪：检查它的选择算符，以及这些 Pod 为何未就绪"],
  ["look at the container's log", "看看容器的日志"],
  ["see the container's last state and its log", "看看容器上一次的状态和日志"],
  ["the Service's targetPort must be a port the program listens on", "Service 的 targetPort 必须是程序监听的端口"],
  ["a readiness probe keeps traffic away until the program answers", "加一个就绪探针：程序能应答之前，不会有请求过来"],

  // engine/api: what a write is about, where a list of fields does not say it
  ["create", "创建"], ["update", "更新"], ["delete", "删除"],
  ["registered", "已注册"], ["status", "状态更新"], ["cordoned", "设为不可调度"], ["uncordoned", "设为可调度"],
  ["paused", "暂停上线"], ["resumed", "继续上线"], ["suspended", "挂起"], ["running", "恢复运行"], ["issued", "已签发"],
  ["attached false → true", "已挂接"], ["attached true → false", "已断开"],
  ["bound to {node}", "绑定到 {node}"],
  ["marked for deletion", "标记为删除"], ["grace {n} s", "宽限期 {n} 秒"],
  ["{a} → {b} ready endpoints", "就绪端点 {a} → {b}"], ["{a} → {b} ready addresses", "就绪地址 {a} → {b}"],
  ["on {node}", "在 {node} 上"],
  ["1 rule", "1 条规则"], ["{n} rules", "{n} 条规则"],
  ["{a} rule → {b} rules", "{a} 条规则 → {b} 条规则"], ["{a} rules → {b} rules", "{a} 条规则 → {b} 条规则"], ["{a} rules → {b} rule", "{a} 条规则 → {b} 条规则"],
  ["ingress 1 rule", "入站 1 条规则"], ["ingress {n} rules", "入站 {n} 条规则"], ["egress 1 rule", "出站 1 条规则"], ["egress {n} rules", "出站 {n} 条规则"],
  ["Role {name} to {subjects*}", "把 Role {name} 授予 {subjects}"], ["ClusterRole {name} to {subjects*}", "把 ClusterRole {name} 授予 {subjects}"],
  ["subjects {list*}", "主体 {list}"],
  ["signer {signer}, for {user}", "签名者 {signer}，申请者 {user}"],
  ["for {ref}", "属于 {ref}"],
  ["a volume to {node}", "把卷挂接到 {node}"],
  ["{volume} to {node}", "把 {volume} 挂接到 {node}"],
  ["define {kind} in {group}", "定义 {kind}（{group}）"],
  ["definition changed", "定义有变"], ["{field} changed", "{field} 有变"],

  // engine/explain: the summary's
  ["{ref} was created", "{ref} 已创建"], ["{ref} was updated", "{ref} 已更新"], ["{ref} was deleted", "{ref} 已删除"],
];

/** What a write changed: a field and its value, or what it was and is. */
const fields: Record<string, string> = {
  phase: "阶段", taints: "污点", replicas: "副本", image: "镜像", updated: "已更新", ready: "就绪", current: "当前", desired: "期望", revision: "修订版本", active: "活跃", succeeded: "成功", failed: "失败",
  parallelism: "并行数", schedule: "时间表", bounds: "副本范围", "disruptions allowed": "允许的干扰", healthy: "健康", "min available": "至少可用", "max unavailable": "最多不可用",
  capacity: "容量", class: "StorageClass", "reclaim policy": "回收策略", claim: "申领", requests: "请求量", volume: "卷", "chosen node": "选定节点", provisioner: "制备器", drivers: "驱动",
  hosts: "主机", address: "地址", controller: "控制器", webhooks: "webhook", CIDRs: "CIDR", value: "值", hard: "配额", used: "已用",
};
const field = new RegExp(`^(${Object.keys(fields).join("|")}) (.+?)(?: → (.+))?$`);
/** Those whose value may be several words. */
const lists = /^(image|taints|schedule|hosts|address|webhooks|CIDRs|drivers|hard|used|replicas|bounds)$/;
/** What stays among translated parts: a reason, an object, a condition. */
const own = /^([A-Z]\w*(\/\S+)?|Ready( \w+ →)? \w+)$/;

const patterns = sentences.map(([english, chinese]) => {
  const holes: { name: string; inner: boolean }[] = [];
  const source = english.replace(/[.+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)([*:]?)\}/g, (_, name: string, kind: string) => {
    holes.push({ name, inner: kind === ":" });
    return kind ? "([^]+)" : "(\\S+)";
  });
  return { re: new RegExp(`^${source}$`), holes, pieces: chinese.split(/\{(\w+)\}/) };
});

/** Chinese and Latin letters stand a space apart. */
function join(a: string, b: string): string {
  const han = /\p{Script=Han}/u, apart = han.test(a.slice(-1)) ? /^[\w$/*<["]/.test(b) : /[\w$/*>\])"]$/.test(a) && han.test(b[0] ?? "");
  return apart ? `${a} ${b}` : a + b;
}

function sentence(text: string, depth = 0): string | undefined {
  for (const { re, holes, pieces } of patterns) {
    const m = re.exec(text);
    if (!m) continue;
    const value = (name: string) => {
      const i = holes.findIndex((h) => h.name === name);
      return holes[i].inner && depth < 4 ? phrase(m[i + 1], depth + 1) ?? m[i + 1] : m[i + 1];
    };
    return pieces.reduce((all, piece, i) => join(all, i % 2 ? value(piece) : piece), "");
  }
}

/** One thing of several that a write changed. */
function part(text: string): string | undefined {
  const said = sentence(text);
  if (said) return said;
  const [, name, from, to] = field.exec(text) ?? [];
  if (!name || from.includes(" ") && !lists.test(name)) return own.test(text) ? text : undefined;
  const value = (v: string) => (v === "none" ? "无" : v.replace(/^(\d+) to (\d+)$/, "$1 到 $2"));
  return `${fields[name]} ${value(from)}${to ? ` → ${value(to)}` : ""}`;
}

function phrase(text: string, depth = 0): string | undefined {
  const said = sentence(text, depth);
  if (said) return said;
  const parts = text.split(", ").map(part);
  if (parts.every((p) => p !== undefined)) return parts.join("，");
  return undefined;
}

/** What happened, and what it goes back to, as engine/explain says it in one sentence. */
function whole(text: string): string | undefined {
  const [, effect, cause] = /^([^]+?), because ([^]+)$/.exec(text) ?? [];
  const known = effect && event(effect);
  return known ? join(known + "，起因是", event(cause) ?? cause) : event(text);
}

/** A sentence that may begin with the object or the node that it is about. */
function event(text: string): string | undefined {
  const said = phrase(text);
  if (said) return said;
  const [, ref, rest] = /^([a-z][^\s=]*): ([^]+)$/.exec(text) ?? [];
  const what = rest && phrase(rest);
  return what || ref?.includes("/") ? `${ref}：${what || rest}` : undefined;
}

/** Texts are drawn again and again; those that stand in a list are few. */
const memory = new Map<string, string>();
const most = 4000, longest = 4000;

export function chinese(text: string): string {
  let said = memory.get(text);
  if (said === undefined) {
    if (memory.size >= most) memory.clear();
    memory.set(text, (said = text.length > longest ? text : whole(text) ?? text));
  }
  return said;
}
