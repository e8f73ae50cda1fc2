// What can be done to a thing, each with the line of the terminal it stands for. The line is what runs; there is no other way.

import { app } from "./app.ts";
import type { NodeView, WorkloadView } from "./protocol.ts";
import { processActions } from "./panels/headquarters.ts";
import { t } from "./i18n/index.ts";

export interface Action { text: string; line: string; /** replaces running the line, for what only shows a panel */ run?: () => void; danger?: boolean; off?: boolean }

export function namespaceFlag(namespace: string): string {
  return namespace && namespace !== "default" ? ` -n ${namespace}` : "";
}

export function nodeActions(v: NodeView): Action[] {
  const out: Action[] = [];
  const paused = !!app.model.control?.faults.some((f) => f.op === "pause" && f.name === v.name);
  out.push(...processActions(v.name, v.power, paused, true));
  if (v.role === "worker") {
    out.push(v.cordoned ? { text: t("act.uncordon"), line: `kubectl uncordon ${v.name}` } : { text: t("act.cordon"), line: `kubectl cordon ${v.name}` });
    out.push({ text: t("act.drain"), line: `kubectl drain ${v.name} --ignore-daemonsets --delete-emptydir-data`, danger: true });
  }
  out.push({ text: t("act.describe"), line: `kubectl describe node ${v.name}` });
  return out;
}

export function workloadActions(w: WorkloadView): Action[] {
  const ns = namespaceFlag(w.namespace), name = `${w.kind.toLowerCase()}/${w.name}`, out: Action[] = [];
  if (w.kind === "Deployment") {
    out.push(
      { text: t("act.restart"), line: `kubectl rollout restart ${name}${ns}` },
      { text: t("act.undo"), line: `kubectl rollout undo ${name}${ns}` },
      w.paused ? { text: t("act.resume"), line: `kubectl rollout resume ${name}${ns}` } : { text: t("act.pause"), line: `kubectl rollout pause ${name}${ns}` },
      { text: t("act.history"), line: `kubectl rollout history ${name}${ns}` },
    );
  }
  out.push({ text: t("act.describe"), line: `kubectl describe ${name}${ns}` });
  out.push({ text: t("act.delete"), line: `kubectl delete ${name}${ns}`, danger: true });
  return out;
}

export function podActions(namespace: string, name: string): Action[] {
  const ns = namespaceFlag(namespace);
  return [
    { text: t("act.logs"), line: `kubectl logs ${name}${ns}` },
    { text: t("act.describe"), line: `kubectl describe pod ${name}${ns}` },
    { text: t("act.delete"), line: `kubectl delete pod ${name}${ns}`, danger: true },
  ];
}

export function serviceActions(namespace: string, name: string): Action[] {
  const ns = namespaceFlag(namespace);
  return [
    ...(app.has("yaml") ? [{ text: t("act.load"), line: "", run: () => app.show({ left: "load", sheet: "do" }) }] : []),
    { text: t("act.describe"), line: `kubectl describe service ${name}${ns}` },
    { text: t("act.delete"), line: `kubectl delete service ${name}${ns}`, danger: true },
  ];
}
