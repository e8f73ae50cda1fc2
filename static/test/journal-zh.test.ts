import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setLang } from "../src/i18n/index.ts";
import { chinese } from "../src/i18n/journal-zh.ts";
import { learn, told } from "../src/i18n/told.ts";

/** What the engine said in the scripts and in the lessons: an example of each sentence. */
const examples = ["scenarios/testdata", "scenarios/lesson/testdata"].flatMap((dir) => readFileSync(join(process.cwd(), "..", dir, "journal-texts.txt"), "utf8").split("\n"))
  .filter((l) => l && !l.startsWith("#")).map((l) => l.split("\t")).map(([shape, text]) => ({ kind: shape.split(" ")[0], text }));

/** What the engine says where no script and no lesson brings it about. */
const rare = [
  "node-1 was suspended: nothing on it moves", "node-1 goes on", "etcd@control-plane-1 was restarted", "is a voting member", "joined as a learner", "was removed",
  "the link from node-1 to node-2 was cut", "the links from node-1 to * were cut", "the links between control-plane-1 and control-plane-2, control-plane-3 were cut", "the link from node-1 to node-2 is whole again", "the links from node-1 to * are whole again",
  "the link from node-1 to node-2 is as good as ever", "the links between node-1 and * are as good as ever", "the links from node-1 to * are as good as ever", "the link from node-1 to node-2 is bad: 80ms one way, 10% of packets lost", "the links from node-1 to * are bad: 200µs one way, 12.5% of packets lost", "the links between node-1 and * are bad: 80ms one way, 0% of packets lost",
  "the clock of node-1 is 1m30s fast", "the clock of node-1 is 1m30s slow", "the clock of node-1 is right", "the disk of node-1 takes 500ms longer for each write", "the disk of node-1 takes 500ms longer for each write and is full",
  "startup probe of container c failed", "failed to start container c: no such file", "rolling update: down to the Deployment's size: scale ReplicaSet web-1 5 → 3 (maxSurge 1, maxUnavailable 0)", "roll back to revision 2: take the template of ReplicaSet web-1",
  "not ready: its node node-1 is not", "garbage: more than 12500 ended pods", "garbage: terminating without ever having been on a node", "the cloud has no such machine any more: delete the node", "waiting for Pod web-0 to be Available prior to scale down",
  "garbage collector: ReplicaSet web-1 still owns it: drop the references to owners that are gone", "remove it: it is more than a day old and unhandled", "remove it: it was denied more than an hour ago", "remove it: its certificate has expired", "remove it: it was approved more than a day ago and never issued",
  "feasible", "12 nodes", "connection refused", "connection reset by peer", "timeout", "no endpoints", "no such service",
  "look at the container's log", "see the container's last state and its log",
  "ingress 1 rule, egress 2 rules", "1 rule → 2 rules", "subjects User a, User b → User a", "webhooks a.example.com → a.example.com b.example.com", "hosts shop.example.com *", "address 203.0.113.1", "controller example.com/c", "CIDRs 10.96.0.0/16 → 10.96.0.0/16 fd00::/108", "reclaim policy Delete → Retain", "attached true → false", "a volume to node-1", "Role reader to User jane, Group dev",
  ...["no such port", "no endpoints"].map((v) => `request to default/web failed: no such service: the rules of node-1 do not know it (${v})`),
  ...["timeout: node node-1, where it entered, did not answer", "timeout: no machine has the address 10.0.0.9", "timeout: node node-2 had lost power, and its pods are not back yet", "timeout: container c has more work than the CPU of its node allows: what comes now waits 1.2s", "timeout: no answer came from node node-1 within 1 s",
    "connection reset by peer: container c ended while it answered", "HTTP 503: container c answered with status 503", "connection refused: container c had been told to stop (SIGTERM) while the rules still led to it", "connection refused: container c had ended", "connection refused: container c had not started yet", "connection refused: container c had started but did not listen yet"]
    .flatMap((why) => [`request to default/web at 10.244.1.2:80 failed: ${why}`, `request to default/web at [fd00:10::2]:80 (pod default/web-1) failed: ${why}`]),
];

/** Kubernetes' own words: a reason, a condition, an answer of the API server or of a webhook, names and addresses. */
const own = [/^[A-Z][A-Za-z]+$/, /^Ready( \w+ →)? \w+$/, /^\w+=(True|False|Unknown): /, /^(CREATE|UPDATE|DELETE|CONNECT) \S+: /, /^clusterIP /, /^[\w:-]*[./:-]\S*( \S*[./:-]\S*)*$/, /^(Cluster)?Role \S+$/, /^(Ready \w+ → \w+|[A-Z]\w+)(, (Ready \w+ → \w+|[A-Z]\w+))*$/];
/** And those inside a sentence. */
const tails = [/^(没有合适的节点：|驱逐：|拒绝接收：|.*启动失败：|.* 不签这样的请求：).*$/, /^(\S+：副本从 \d+ 调到 \d+).*$/, /(变为) .*$/, /()（connection [a-z ]+）$/];

test("the engine's sentences in Chinese: every one of them", () => {
  assert.ok(examples.length > 200);
  for (const text of [...examples.map((e) => e.text), ...rare]) {
    const said = chinese(text);
    if (own.some((re) => re.test(text))) { assert.ok(said === text || said === text.replaceAll(", ", "，"), text); continue; }
    assert.notEqual(said, text, "no Chinese");
    const rest = tails.reduce((s, re) => s.replace(re, "$1"), said);
    assert.doesNotMatch(rest, /(?<![-\w/:.])[a-z]{2,}[,:]? [a-z]{2,}(?![-\w/:.])/, `English is left of ${JSON.stringify(text)}`);
    assert.doesNotMatch(rest, /\p{Script=Han}[A-Za-z0-9$]|[A-Za-z0-9]\p{Script=Han}| [，。：；（）]|[，。：；（）] |undefined/u, `spaces in ${JSON.stringify(said)}`);
    // Names, numbers and reasons are the same, in whatever order.
    for (const word of text.match(/\b[\w./-]*\d[\w./-]*\b|\b[A-Z]+[a-z]+[A-Z]\w+\b/g) ?? []) if (word !== "1" && !/^12\d00$/.test(word)) assert.ok(said.includes(word), `${word} is lost: ${said}`);
  }
});

test("sentences of several", () => {
  for (const [english, expected] of [
    ["pods/default/web-1: phase Pending → Running, Ready False → True, because kubectl run web-1 --image=nginx", "pods/default/web-1：阶段 Pending → Running，Ready False → True，起因是 kubectl run web-1 --image=nginx"],
    ["pods/default/web-1 was deleted, because node-1 lost power", "pods/default/web-1 已删除，起因是 node-1 断电"],
    ["found no node: 0/4 nodes are available: 3 Insufficient cpu., because kubectl scale deployment web --replicas=9", "没有合适的节点：0/4 nodes are available: 3 Insufficient cpu.，起因是 kubectl scale deployment web --replicas=9"],
    ["request to default/web at 10.244.2.2:80 (pod default/web-68) failed: timeout: node node-2, which has the pod, has no power, and the rules of node-1 still led there, because node-2 lost power",
      "发给 default/web 的请求（10.244.2.2:80，Pod default/web-68）失败：超时，Pod 所在的节点 node-2 已断电，而 node-1 的规则还指向那里，起因是 node-2 断电"],
    ["node-2: Ready True → Unknown", "node-2：Ready True → Unknown"],
    ["customresourcedefinitions/tabs.demo: Established=True: the initial names have been accepted", "customresourcedefinitions/tabs.demo：Established=True: the initial names have been accepted"],
    ["desired 3 → 4, current 3 → 4", "期望 3 → 4，当前 3 → 4"],
    ["load: 50 requests a second to web", "流量：每秒向 web 发 50 个请求"],
    ["replicas 3, image nginx:1.27 busybox", "副本 3，镜像 nginx:1.27 busybox"],
    ["scale: scale ReplicaSet web-1 1 → 5 (maxSurge 2, maxUnavailable 1)", "扩缩：把 ReplicaSet web-1 从 1 调到 5（maxSurge 2，maxUnavailable 1）"],
    ["Deployment/web: 1 to 2 replicas: ", "Deployment/web：副本从 1 调到 2"],
  ]) assert.equal(chinese(english), expected);
});

test("what Kubernetes says, commands, and what nobody knows stay as they are", () => {
  for (const text of [
    "", "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient cpu.", "node(s) didn't match Pod's node affinity/selector, Insufficient cpu", "CrashLoopBackOff", "no nodes available to schedule pods",
    "kubectl annotate pod web why='it lost power, because node-1 lost power'", "$ kubectl get pods", "kubectl apply -f web.yaml", "kube-scheduler --config -", "running all of this: because", "etcdctl member list",
    "{what} lost some", "a, because ".repeat(500), "x".repeat(5000) + " lost power", "$& $1 {name}",
  ]) assert.equal(chinese(text), text);
  // Made to be slow to look up.
  for (const text of ["a: ".repeat(1300), "request to a at b (pod c) failed: ".repeat(110), "the links between a and b ".repeat(150), "phase a → ".repeat(390), "timeout: ".repeat(440), "a, because ".repeat(360), ": scale ReplicaSet a → b".repeat(160)]) assert.equal(typeof chinese(text), "string");
});

test("told: English until the Chinese is there, and in the English page", async () => {
  let times = 0;
  setLang("en");
  await learn(() => times++);
  assert.equal(times, 0);
  setLang("zh");
  assert.equal(told("node-1 lost power"), "node-1 lost power");
  await learn(() => times++);
  await learn(() => times++);
  assert.equal(times, 1);
  assert.equal(told("node-1 lost power"), "node-1 断电");
  setLang("en");
  assert.equal(told("node-1 lost power"), "node-1 lost power");
});
