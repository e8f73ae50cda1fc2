import assert from "node:assert/strict";
import { test } from "node:test";
import { abortLines, canaryManifest, canaryName, nextImage, pairs, promoteLines, shareLines, split } from "../src/canary-plan.ts";
import { service, workload } from "./frames.ts";

test("whole pods approximate the share, and a canary has at least one", () => {
  assert.deepEqual(split(10, 10), { canary: 1, stable: 9, percent: 10 });
  assert.deepEqual(split(10, 25), { canary: 3, stable: 7, percent: 30 });
  assert.deepEqual(split(3, 10), { canary: 1, stable: 2, percent: 100 / 3 });
  assert.deepEqual(split(10, 100), { canary: 10, stable: 0, percent: 100 });
  assert.equal(split(0, 50).percent, 0);
});

test("the pair behind a Service is found by name or as the only one", () => {
  const s = service(1, "hello", { selector: { app: "hello" } });
  const stable = workload(1, "hello-stable", { labels: { app: "hello", track: "stable" } }), canary = workload(2, "hello-canary", { labels: { app: "hello", track: "canary" } });
  const behind = (x: typeof s, w: typeof stable) => Object.entries(x.selector).every(([k, v]) => w.labels[k] === v);
  const [p] = pairs([s], [stable, canary, workload(3, "other", { labels: { app: "x" } })], behind);
  assert.equal(p.stable, stable);
  assert.equal(p.canary, canary);
  assert.equal(pairs([s], [stable], behind)[0].canary, undefined);
});

test("the growing side is scaled first", () => {
  const pair = { service: service(1, "hello"), stable: workload(1, "hello-stable", { desired: 9 }), canary: workload(2, "hello-canary", { desired: 1 }) };
  assert.deepEqual(shareLines(pair, split(10, 50)), ["kubectl scale deployment/hello-canary --replicas=5", "kubectl scale deployment/hello-stable --replicas=5"]);
  assert.deepEqual(shareLines({ ...pair, canary: { ...pair.canary, desired: 5 } }, split(10, 10)), ["kubectl scale deployment/hello-stable --replicas=9", "kubectl scale deployment/hello-canary --replicas=1"]);
});

test("promotion waits for the rollout before the canary goes; abort gives the replicas back first", () => {
  const pair = { service: service(1, "hello"), stable: workload(1, "web", { namespace: "shop" }), canary: workload(2, "web-canary", { image: "hello:2.0", namespace: "shop" }) };
  assert.deepEqual(promoteLines(pair, 10), ["kubectl set image deployment/web hello=hello:2.0 -n shop", "kubectl scale deployment/web --replicas=10 -n shop", "kubectl rollout status deployment/web -n shop", "kubectl delete deployment web-canary -n shop"]);
  assert.deepEqual(abortLines(pair, 10), ["kubectl scale deployment/web --replicas=10 -n shop", "kubectl delete deployment web-canary -n shop"]);
});

test("the canary's manifest is the stable one's, with its own name, track and image", () => {
  const text = canaryManifest(JSON.stringify({
    apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "hello-stable", namespace: "default", uid: "u", resourceVersion: "7" },
    spec: { replicas: 9, selector: { matchLabels: { app: "hello", track: "stable" } }, template: { metadata: { creationTimestamp: null, labels: { app: "hello", track: "stable" } }, spec: { containers: [{ name: "hello", image: "x/hello:1.0", ports: [{ containerPort: 8080 }] }] } } }, status: {},
  }), "hello", "x/hello:2.0");
  assert.equal(text, `apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello-canary
  labels:
    track: canary
spec:
  replicas: 1
  selector:
    matchLabels:
      app: hello
      track: canary
  template:
    metadata:
      labels:
        app: hello
        track: canary
    spec:
      containers:
      - name: hello
        image: x/hello:2.0
        ports:
        - containerPort: 8080
`);
});

test("a first guess for the next image", () => {
  assert.deepEqual(["gcr.io/google-samples/hello-app:1.0", "nginx:1.27", "gb-frontend:v5", "busybox"].map(nextImage), ["gcr.io/google-samples/hello-app:2.0", "nginx:2.0", "gb-frontend:v6", "busybox"]);
  assert.equal(canaryName("hello-stable"), "hello-canary");
});
