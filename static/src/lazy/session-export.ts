// What can be taken out of the page: manifests, pictures, the log, the session itself.

import { html, nothing } from "lit";
import { app } from "../app.ts";
import { cluster } from "../cluster.ts";
import { keeper } from "../sessions/page.ts";
import { store } from "../sessions/store.ts";
import type { Pane } from "./session.ts";
import { say } from "./session-messages.ts";
import { png, svg } from "./picture.ts";

/** What an export or an import leaves out, and why. */
export interface Left { why: string; count: number; what: string[] }

export function leftOut(list: Left[] | null, title: string) {
  if (!list?.length) return nothing;
  return html`<p><b>${title}</b></p><ul class="left-out">${list.map((l) => html`<li>${l.why}: ${l.count > l.what.length ? say("left.more", { what: l.what.join(", "), n: l.count - l.what.length }) : l.what.join(", ")}</li>`)}</ul>`;
}

/** Gives a file to the browser to save. */
export function save(name: string, content: Blob | string, type = "text/plain"): void {
  const url = URL.createObjectURL(typeof content === "string" ? new Blob([content], { type }) : content), a = document.createElement("a");
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

type Way = "yaml" | "svg" | "png" | "journal" | "session";

export class ExportPane implements Pane {
  private busy?: Way; private note = ""; private bad = false; private left: Left[] | null = null;

  constructor(private readonly again: () => void) {}

  open(): void { this.note = ""; this.left = null; }

  private async take(way: Way): Promise<void> {
    this.busy = way; this.note = ""; this.bad = false; this.left = null; this.again();
    const stem = `tabernetes-${Math.round(app.model.now / 1000)}s`;
    try {
      let name = `${stem}.${way === "journal" ? "log" : way}`;
      switch (way) {
        case "yaml": {
          const r = await app.engine.call<{ yaml: string; left: Left[] | null }>({ op: "export" });
          this.left = r.left;
          save(name, r.yaml, "application/yaml");
          break;
        }
        case "svg": save(name, svg(), "image/svg+xml"); break;
        case "png": save(name, await png()); break;
        case "journal": save(name, (await app.engine.call<{ text: string }>({ op: "journal" })).text); break;
        case "session": {
          const kept = cluster.keeps && keeper?.id ? await store().then((s) => s.get(keeper!.id), () => undefined) : undefined;
          name = `${kept?.kept.name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || stem}.tabernetes.json`;
          save(name, (await app.engine.call<{ text: string }>({ op: "session" })).text, "application/json");
        }
      }
      this.note = say("export.done", { name });
    } catch (e) { this.bad = true; this.note = say("export.failed", { message: (e as Error).message }); }
    this.busy = undefined;
    app.say(this.note);
    this.again();
  }

  render() {
    const ways: Way[] = ["yaml", "svg", "png", "journal", "session"];
    return html`<ul class="ways">${ways.map((w) => html`<li><div><b>${say(`export.${w}`)}</b><p class="note">${say(`export.${w}.note`)}</p></div>
        <button ?disabled=${!!this.busy || app.phase !== "ready"} aria-label="${say("export.save")}: ${say(`export.${w}`)}" @click=${() => void this.take(w)}>${say("export.save")}</button></li>`)}</ul>
      ${this.note ? html`<p class=${this.bad ? "bad" : ""} role="status">${this.note}</p>` : nothing}${leftOut(this.left, say("export.left"))}`;
  }
}
