// The branches of the session as a tree: where each began, what was done on it, and going, naming, comparing, dropping.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { messages } from "../i18n/messages.ts";
import { t } from "../i18n/index.ts";
import { tree } from "../moments/branches.ts";
import type { Branch } from "../protocol.ts";
import { Panel } from "../panels/panel.ts";
import { clockText } from "../time.ts";

export const say = messages({
  en: {
    intro: "A branch is another way the same cluster could have gone: same seed, same past up to the fork. Go back on the timeline and change something, and one begins.",
    none: "There is only one way so far.", name: "Branch", fork: "Begins at", end: "Comes to", own: "What was done on it", go: "Go to", here: "shown", rename: "Rename", drop: "Drop", sure: "Drop it for good", keep: "Keep it",
    compare: "Compare…", against: "Compare {name} side by side with", nothing: "nothing yet", start: "start", choose: "Compare with", save: "Save", label: "Name of the branch", newName: "Begin a branch here",
  },
  zh: {
    intro: "分支是同一个集群的另一种发展：种子相同，分叉之前的经历也相同。在时间线上回到过去并做出改动，就会开始一个分支。",
    none: "目前只有一条路。", name: "分支", fork: "始于", end: "到达", own: "在这个分支上做了什么", go: "前往", here: "当前", rename: "改名", drop: "丢弃", sure: "确定丢弃", keep: "保留",
    compare: "比较…", against: "把 {name} 与另一分支并排比较", nothing: "还没有", start: "开头", choose: "与之比较", save: "保存", label: "分支名称", newName: "从此刻开始分支",
  },
});

const css = `
tab-branches { position: absolute; inset: 0; overflow: auto; padding: 6px 14px 12px; display: block; }
tab-branches table { font-size: 12.5px; } tab-branches thead th { color: #93a0b0; position: sticky; top: -6px; background: #10151b; }
tab-branches td, tab-branches th { padding: 4px 16px 4px 0; vertical-align: middle; } tab-branches td:last-child, tab-branches td:first-child, tab-branches td.mono { white-space: nowrap; }
tab-branches tr.now th { color: #fff; } tab-branches tbody th { font-weight: 400; white-space: nowrap; } tab-branches tr.now th b { color: #8fb4ff; }
tab-branches .twig { color: #5d6b7c; font-family: var(--mono); white-space: pre; }
tab-branches .did { color: #b7c1cd; max-width: 46vw; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font: 11.5px var(--mono); }
tab-branches button { background: #1b222a; border-color: #36424f; color: #d7dde5; min-height: 24px; padding: 1px 9px; font-size: 12px; } tab-branches button:hover:not(:disabled) { background: #2a343f; } tab-branches .danger { color: #ff9196; }
tab-branches select, tab-branches input { background: #1b222a; border-color: #36424f; color: #d7dde5; width: auto; min-height: 24px; padding: 1px 8px; font-size: 12px; }
tab-branches .row { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
@media (max-width: 760px) { tab-branches .did { max-width: 60vw; } tab-branches thead { display: none; } tab-branches tr { display: block; border-bottom: 1px solid #2a333d; padding: 6px 0; } tab-branches td, tab-branches th { display: block; padding: 2px 0; } tab-branches td[data-label]::before { content: attr(data-label) " "; color: #93a0b0; font: 12px system-ui, sans-serif; } }`;

export const branchName = (b: Branch): string => b.name || t("time.branch", { n: b.id + 1 });

class TabBranches extends Panel {
  protected override topics = ["prefs", "time", "status"] as Panel["topics"];
  private editing = -1; private dropping = -1; private comparing = -1;

  override connectedCallback(): void { super.connectedCallback(); void app.travel.refresh(); }

  private set(change: { editing?: number; dropping?: number; comparing?: number }): void {
    Object.assign(this, { editing: -1, dropping: -1, comparing: -1 }, change);
    this.requestUpdate();
    if (change.editing !== undefined) void this.updateComplete.then(() => this.querySelector<HTMLInputElement>("input")?.select());
  }

  private async compare(a: number, b: number): Promise<void> {
    this.set({});
    (await import("./compare.ts")).openCompare(a, b);
  }

  private rename(e: SubmitEvent, b: Branch): void {
    e.preventDefault();
    const name = String(new FormData(e.target as HTMLFormElement).get("name")).trim();
    this.set({});
    void app.travel.change({ op: "renameBranch", branch: b.id, name });
  }

  protected override render() {
    const all = app.travel.branches, off = app.phase !== "ready";
    return html`<style>${css}</style>
      <div class="row"><p class="note" style="flex:1;min-width:240px">${all.length < 2 ? say("none") + " " : nothing}${say("intro")}</p><button ?disabled=${off} @click=${() => void app.travel.fork()}>${say("newName")}</button></div>
      <table><thead><tr><th scope="col">${say("name")}</th><th scope="col">${say("fork")}</th><th scope="col">${say("end")}</th><th scope="col">${say("own")}</th><td></td></tr></thead>
      <tbody>${tree(all).map(({ branch: b, depth }) => this.row(b, depth, all, off))}</tbody></table>`;
  }

  private row(b: Branch, depth: number, all: Branch[], off: boolean) {
    const others = all.filter((x) => x.id !== b.id), name = branchName(b);
    return html`<tr class=${b.current ? "now" : ""}>
      <th scope="row"><span class="twig" aria-hidden="true">${depth ? "   ".repeat(depth - 1) + "└─ " : ""}</span>${this.editing === b.id
        ? html`<form style="display:inline" @submit=${(e: SubmitEvent) => this.rename(e, b)} @keydown=${(e: KeyboardEvent) => { if (e.key === "Escape") this.set({}); }}><input name="name" maxlength="80" aria-label=${say("label")} .value=${name}> <button>${say("save")}</button></form>`
        : html`${name} ${b.current ? html`<b>● ${say("here")}</b>` : nothing}`}</th>
      <td class="mono" data-label=${say("fork")}>${b.parent < 0 ? say("start") : clockText(b.fork.ms)}</td><td class="mono" data-label=${say("end")}>${clockText(b.end.ms)}</td>
      <td><div class="did" title=${b.lines.join("\n")}>${b.lines.length ? b.lines.map((l) => l.replace(/^kubectl /, "")).join(" · ") : say("nothing")}</div></td>
      <td>${this.dropping === b.id ? html`<button class="danger" @click=${() => { this.set({}); void app.travel.change({ op: "dropBranch", branch: b.id }); }}>${say("sure")}</button> <button @click=${() => this.set({})}>${say("keep")}</button>`
        : this.comparing === b.id ? html`<label style="display:inline">${say("choose")} <select @change=${(e: Event) => void this.compare(b.id, Number((e.target as HTMLSelectElement).value))}><option value="">…</option>${others.map((x) => html`<option value=${x.id}>${branchName(x)}</option>`)}</select></label> <button @click=${() => this.set({})}>✕</button>`
        : html`<button ?disabled=${off || (b.current && !app.model.past)} aria-label="${say("go")}: ${name}" @click=${() => void app.travel.change({ op: "checkout", branch: b.id })}>${say("go")}</button>
          <button ?disabled=${off || !others.length} aria-label=${say("against", { name })} @click=${() => (others.length === 1 ? void this.compare(b.id, others[0].id) : this.set({ comparing: b.id }))}>${say("compare")}</button>
          <button ?disabled=${off} aria-label="${say("rename")}: ${name}" @click=${() => this.set({ editing: b.id })}>${say("rename")}</button>
          <button class="danger" ?disabled=${off || b.current || others.length === 0} aria-label="${say("drop")}: ${name}" @click=${() => this.set({ dropping: b.id })}>${say("drop")}</button>`}</td></tr>`;
  }
}
customElements.define("tab-branches", TabBranches);
