// The stage as a list: the same content for keyboard and screen reader. Arrow keys walk it as ARIA's tree pattern says;
// what has the focus is outlined on the stage.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { t } from "../i18n/index.ts";
import type { NodeEntry } from "../model.ts";
import { Panel } from "../panels/panel.ts";
import { sortNaturally } from "./layout.ts";
import { behind, headline, partWord } from "./control.ts";
import { nodeStatus } from "./nodes.ts";
import { stateText } from "./podstyle.ts";

/** `children(most)` makes at most that many of `count`. */
interface Item { key: string; text: string; ref?: string; count?: number; children?: (most: number) => Item[] }
/** More items than this in one branch are reached by their last one, "+n more". */
const branch = 100;

/** "etcd: leader, term 3, 2 entries behind" */
function partText(host: string, c: { name: string; up: boolean; leader: boolean }): string {
  const m = app.model.masterNamed(host), cp = app.model.control, w = partWord(m, c.name, c, cp, app.model.now), words = w.word ? [w.word] : [];
  if (c.name === "etcd" && m && cp && !w.bad) { words.push(t("stage.term", { n: m.etcd.term })); const late = behind(cp, m.etcd); if (late > 3) words.push(t("stage.behind", { n: late })); }
  if (c.name === "kube-apiserver" && m && cp?.balanced) words.push(t(m.endpoint ? "stage.inRotation" : "stage.outOfRotation"));
  return words.length ? `${c.name}: ${words.join(", ")}` : c.name;
}

export class TabTree extends Panel {
  protected override topics = ["prefs", "frame", "selection"] as Panel["topics"];
  private readonly open = new Set(["hq", "services", "nodes"]);
  private readonly more = new Map<string, number>();
  private current = "hq";
  private sortedFor = -1; private masters: NodeEntry[] = []; private workers: NodeEntry[] = [];
  private order: { item: Item; level: number; parent: string }[] = [];

  private roots(): Item[] {
    const m = app.model;
    if (this.sortedFor !== m.structure) {
      this.sortedFor = m.structure;
      const nodes = sortNaturally(m.nodes.values(), (e) => e.view.name);
      this.masters = nodes.filter((e) => e.view.role === "control-plane");
      this.workers = nodes.filter((e) => e.view.role !== "control-plane");
    }
    const { masters, workers } = this;
    const podsIn = (e: NodeEntry, most: number): Item[] => {
      const out: Item[] = [];
      for (let i = 0; i < e.places.length && out.length < most; i++) if (e.places[i] >= 0) out.push(pod(e.places[i]));
      return out;
    };
    const pod = (slot: number): Item => ({ key: "pods/" + m.names[slot], ref: "pods/" + m.names[slot], text: `${m.names[slot]}: ${m.versions[m.version[slot]]?.label ?? ""} ${stateText(m.state[slot], m.reasons[slot])}` });
    return [
      { key: "state", ref: "headquarters/", text: m.control ? headline(m.control, m.now, m.lostSince < 0 ? 0 : m.now - m.lostSince).text : t("stage.hq") },
      { key: "hq", text: t("stage.hq"), count: masters.length, children: (n) => masters.slice(0, n).map((e) => ({
        key: "nodes/" + e.view.name, ref: "nodes/" + e.view.name, text: `${e.view.name}: ${nodeStatus(e).text}`,
        count: e.view.components.length, children: () => e.view.components.map((c) => ({ key: `components/${c.name}@${e.view.name}`, ref: `components/${c.name}@${e.view.name}`, text: partText(e.view.name, c) })) })) },
      { key: "services", text: t("stage.services"), count: m.services.size, children: (n) => [...m.services.values()].slice(0, n).map((s) => ({ key: s.ref, ref: s.ref, text: `${s.name}: ${t("stage.endpoints", { ready: s.ready })}` })) },
      { key: "workloads", text: t("select.workloads"), count: m.workloads.size, children: (n) => [...m.workloads.values()].filter((w) => w.ref).slice(0, n).map((w) => ({ key: w.ref, ref: w.ref, text: `${w.kind} ${w.name}: ${w.ready}/${w.desired}, ${t(`rollout.${w.state}`)}` })) },
      { key: "tray", text: `${t("stage.tray")}: ${m.tray.used}`, count: m.tray.used, children: (n) => podsIn(m.tray, n) },
      { key: "nodes", text: `${t("stage.nodes")}: ${workers.length}`, count: workers.length, children: (n) => workers.slice(0, n).map((e) => ({
        key: "nodes/" + e.view.name, ref: "nodes/" + e.view.name, text: `${e.view.name}: ${nodeStatus(e).text}, ${t("stage.pods", { n: e.used })}`,
        count: e.used, children: (k) => podsIn(e, k) })) },
    ];
  }

  private flat(): void {
    this.order = [];
    const walk = (items: Item[], count: number, level: number, parent: string) => {
      for (const item of items) {
        this.order.push({ item, level, parent });
        if (item.children && this.open.has(item.key)) walk(item.children(this.more.get(item.key) ?? branch), item.count ?? 0, level + 1, item.key);
      }
      if (count > items.length && items.length) this.order.push({ item: { key: parent + "/+", text: t("stage.more", { n: count - items.length }) }, level, parent });
    };
    const roots = this.roots();
    walk(roots, roots.length, 1, "");
    if (!this.order.some((o) => o.item.key === this.current)) this.current = this.order[0]?.item.key ?? "";
  }

  private key(e: KeyboardEvent): void {
    const i = this.order.findIndex((o) => o.item.key === this.current), at = this.order[i];
    if (!at) return;
    const go = (to: number) => { const o = this.order[Math.max(0, Math.min(this.order.length - 1, to))]; if (o) this.focusOn(o.item); };
    switch (e.key) {
      case "ArrowDown": go(i + 1); break;
      case "ArrowUp": go(i - 1); break;
      case "Home": go(0); break;
      case "End": go(this.order.length - 1); break;
      case "ArrowRight": if (at.item.children && !this.open.has(at.item.key)) this.open.add(at.item.key); else go(i + 1); break;
      case "ArrowLeft": if (at.item.children && this.open.has(at.item.key)) this.open.delete(at.item.key); else { const p = this.order.find((o) => o.item.key === at.parent); if (p) this.focusOn(p.item); } break;
      case "Enter": case " ": this.choose(at.item, at.parent); break;
      default: return;
    }
    e.preventDefault();
    this.requestUpdate();
  }

  private choose(item: Item, parent: string): void {
    if (item.key.endsWith("/+")) this.more.set(parent, (this.more.get(parent) ?? branch) + branch);
    else if (item.ref) app.select(item.ref);
    if (item.children && !item.ref) { if (!this.open.delete(item.key)) this.open.add(item.key); }
    this.current = item.key;
    this.requestUpdate();
  }

  private async focusOn(item: Item): Promise<void> {
    this.current = item.key;
    this.requestUpdate();
    await this.updateComplete;
    this.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }

  private look(ref: string): void {
    this.dispatchEvent(new CustomEvent("look", { detail: ref }));
  }

  protected override render() {
    this.flat();
    return html`<div class="tree" role="tree" aria-label=${`${t("stage.label")}. ${t("stage.help")}`} @keydown=${this.key} @focusout=${() => this.look("")}>
      ${this.order.map(({ item, level, parent }) => html`
        <div role="treeitem" class=${"lv" + level} aria-level=${level} aria-selected=${item.ref !== undefined && item.ref === app.selection}
          aria-expanded=${item.children ? String(this.open.has(item.key)) : nothing}
          tabindex=${item.key === this.current ? 0 : -1}
          @focus=${() => { this.current = item.key; this.look(item.ref ?? ""); }}
          @click=${() => this.choose(item, parent)}>${item.text}</div>`)}
    </div>`;
  }
}
customElements.define("tab-tree", TabTree);
