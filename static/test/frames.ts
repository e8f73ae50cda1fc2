// Frames for tests: the smallest that are valid, with what a test cares about put over them.

import type { Frame, NodeView, PodColumns, ServiceView, WorkloadView } from "../src/protocol.ts";

export function node(id: number, name: string, more: Partial<NodeView> = {}): NodeView {
  return { id, name, role: "worker", zone: "a", power: true, ready: "True", cordoned: false, taints: [], cpu: { capacity: 4, requested: 1 }, memory: { capacity: 8, requested: 1 }, maxPods: 110, pods: 0, lease: 0, components: [], ...more };
}
export function workload(id: number, name: string, more: Partial<WorkloadView> = {}): WorkloadView {
  return { id, ref: `deployments/default/${name}`, kind: "Deployment", namespace: "default", name, image: "hello:1.0", container: "hello", desired: 1, current: 1, updated: 1, ready: 1, available: 1, paused: false, state: "complete", labels: {}, revision: 1, ...more };
}
export function service(id: number, name: string, more: Partial<ServiceView> = {}): ServiceView {
  return { id, ref: `services/default/${name}`, namespace: "default", name, type: "ClusterIP", clusterIP: "10.96.0.2", ports: "80/TCP", selector: {}, ready: 0, notReady: 0, rps: 0, okPerSec: 0, failPerSec: 0, endpoints: [], ...more };
}
export interface PodRow { slot: number; node: number; state: number; name?: string; workload?: number; version?: number; reason?: string }
export function pods(rows: PodRow[], versions: PodColumns["versions"] = []): PodColumns {
  return {
    slot: Int32Array.from(rows, (r) => r.slot), node: Int32Array.from(rows, (r) => r.node), workload: Int32Array.from(rows, (r) => r.workload ?? 0), version: Int32Array.from(rows, (r) => r.version ?? 0),
    state: Uint8Array.from(rows, (r) => r.state), restarts: new Uint16Array(rows.length), at: new Float64Array(rows.length), name: rows.map((r) => r.name ?? ""), reason: rows.map((r) => r.reason ?? ""), versions,
  };
}
let seq = 0;
export function frame(more: Partial<Frame> = {}): Frame {
  return {
    seq: ++seq, full: false, now: 0, playing: true, speed: 1, settled: false, busy: false, revision: 1, after: 0, commands: 0, branch: 0, end: 0, past: false, nodes: [], removedNodes: [], workloads: [], removedWorkloads: [], services: [], removedServices: [], pods: pods([]),
    pulses: [], pulsesDropped: 0, requests: [], requestsDropped: 0, marks: [], totals: { nodes: 0, pods: 0, ready: 0, pending: 0, failed: 0, apiPerSec: 0 }, ...more,
  };
}
