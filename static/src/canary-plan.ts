// The arithmetic and the manifests of a canary by two Deployments behind one Service. Nothing here touches the cluster: it
// says which kubectl lines to run.

import { document } from "./emit-yaml.ts";
import type { ServiceView, WorkloadView } from "./protocol.ts";

export interface Split { canary: number; stable: number; /** what that gives, 0 to 100 */ percent: number }

/** `total` pods split as near to `percent` as whole pods allow; a canary that is asked for has at least one. */
export function split(total: number, percent: number): Split {
  const canary = percent <= 0 ? 0 : Math.min(total, Math.max(1, Math.round((total * percent) / 100)));
  return { canary, stable: total - canary, percent: total ? (100 * canary) / total : 0 };
}

export const steps = [10, 25, 50, 100];

/** "hello-stable" → "hello-canary", "web" → "web-canary". */
export function canaryName(stable: string): string {
  return stable.replace(/-stable$/, "") + "-canary";
}

export interface Pair { service: ServiceView; stable: WorkloadView; canary?: WorkloadView }

/** Deployments that stand behind a Service, each with its canary if it has one. */
export function pairs(services: Iterable<ServiceView>, workloads: Iterable<WorkloadView>, behind: (s: ServiceView, w: WorkloadView) => boolean): Pair[] {
  const out: Pair[] = [], all = [...workloads].filter((w) => w.kind === "Deployment");
  for (const service of services) {
    const mine = all.filter((w) => w.namespace === service.namespace && behind(service, w));
    const canaries = new Set(mine.filter(isCanary));
    for (const stable of mine) {
      if (canaries.has(stable)) continue;
      const canary = mine.find((w) => canaries.has(w) && (w.name === canaryName(stable.name) || mine.length - canaries.size === 1));
      out.push({ service, stable, canary });
    }
  }
  return out;
}

function isCanary(w: WorkloadView): boolean { return w.labels.track === "canary" || /-canary$/.test(w.name); }

interface Deployment {
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec: { replicas?: number; selector: { matchLabels?: Record<string, string> }; template: { metadata?: { labels?: Record<string, string> }; spec: { containers: { name: string; image: string }[] } } } & Record<string, unknown>;
}

/** The canary's manifest, from what `kubectl get deployment STABLE -o json` prints. */
export function canaryManifest(stableJson: string, container: string, image: string): string {
  const d = JSON.parse(stableJson) as Deployment, track = (labels?: Record<string, string>) => ({ ...labels, track: "canary" });
  const template = structuredClone(d.spec.template) as Deployment["spec"]["template"] & { metadata: Record<string, unknown> };
  template.metadata = { labels: track(template.metadata?.labels) };
  const c = template.spec.containers.find((x) => x.name === container) ?? template.spec.containers[0];
  c.image = image;
  return document({
    apiVersion: "apps/v1", kind: "Deployment",
    metadata: { name: canaryName(d.metadata.name), ...(d.metadata.namespace && d.metadata.namespace !== "default" ? { namespace: d.metadata.namespace } : {}), labels: track(d.metadata.labels) },
    spec: { replicas: 1, selector: { matchLabels: track(d.spec.selector.matchLabels) }, template },
  } as never);
}

const ns = (w: WorkloadView) => (w.namespace && w.namespace !== "default" ? ` -n ${w.namespace}` : "");

/** The lines that give the canary its share. The growing side goes first, so that there are never too few pods. */
export function shareLines(pair: Pair, s: Split): string[] {
  const canary = `kubectl scale deployment/${pair.canary?.name ?? canaryName(pair.stable.name)} --replicas=${s.canary}${ns(pair.stable)}`;
  const stable = `kubectl scale deployment/${pair.stable.name} --replicas=${s.stable}${ns(pair.stable)}`;
  return s.canary >= (pair.canary?.desired ?? 0) ? [canary, stable] : [stable, canary];
}

/** Promotion: the stable Deployment takes the new image at full strength; only when it is rolled out does the canary go. */
export function promoteLines(pair: Pair, total: number): string[] {
  const { stable, canary } = pair;
  return [
    `kubectl set image deployment/${stable.name} ${stable.container}=${canary?.image ?? ""}${ns(stable)}`,
    `kubectl scale deployment/${stable.name} --replicas=${total}${ns(stable)}`,
    `kubectl rollout status deployment/${stable.name}${ns(stable)}`,
    `kubectl delete deployment ${canary?.name ?? canaryName(stable.name)}${ns(stable)}`,
  ];
}

export function abortLines(pair: Pair, total: number): string[] {
  return [
    `kubectl scale deployment/${pair.stable.name} --replicas=${total}${ns(pair.stable)}`,
    `kubectl delete deployment ${pair.canary?.name ?? canaryName(pair.stable.name)}${ns(pair.stable)}`,
  ];
}

/** "gcr.io/x/hello-app:1.0" → ":2.0", a guess to start from. */
export function nextImage(image: string): string {
  return image.replace(/:v?(\d+)(\.\d+)?([^:/]*)$/, (all, major: string, minor: string | undefined, rest: string) =>
    `${all.startsWith(":v") ? ":v" : ":"}${Number(major) + 1}${minor ? ".0" : ""}${rest.replace(/^\.\d+/, minor ? "" : "")}`);
}
