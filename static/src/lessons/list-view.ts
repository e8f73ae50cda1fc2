// The list of lessons, and how one from elsewhere is opened.

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import type { LessonEntry, Texts } from "../protocol.ts";
import type { Saved } from "./progress.ts";
import { plain, read } from "./markdown.ts";
import { say } from "./messages.ts";

export interface ListView {
  entries?: LessonEntry[]; failed: string;
  /** lines that each say what is wrong with a lesson that was to be opened */ problems: string;
  /** what is under way: a lesson is read, or the cluster before the lesson is brought back */ reading: "" | "lesson" | "ground";
  saved(key: string): Saved | undefined;
  own?: { key: string; saved?: Saved };
  take(wish: string): void; files(files: File[]): void; text(text: string): void;
}

const words = (text: Texts) => plain(read(text[app.lang]));

function card(v: ListView, key: string, title: string, summary: string, note: string): TemplateResult {
  const s = v.saved(key), begun = s && s.step >= 0 && !(s.finished && s.step >= s.of);
  const state = begun ? say("card.step", { n: Math.min(s.step + 1, s.of), of: s.of }) : s?.finished ? `✓ ${say("card.done")}` : say("card.new");
  return html`<li class="card"><div><h3>${title}</h3><p>${summary}</p><p class="over">${note} · ${state}</p>${begun ? html`<progress max=${s.of} .value=${s.step} aria-label=${state}></progress>` : nothing}</div>
    <button class=${begun || !s?.finished ? "primary" : ""} ?disabled=${!!v.reading} aria-label="${say(begun ? "card.resume" : s?.finished ? "card.again" : "card.start")}: ${title}" @click=${() => v.take(key)}>${say(begun ? "card.resume" : s?.finished ? "card.again" : "card.start")}</button></li>`;
}

export function listView(v: ListView): TemplateResult {
  return html`<h2 tabindex="-1">${say("title")}</h2><p class="note">${say("list.intro")}</p>
    ${v.problems ? html`<div class="trouble" role="alert"><b>✕ ${say("open.wrong")}</b><pre>${v.problems}</pre></div>` : nothing}
    ${v.reading ? html`<div class="underway" role="status"><span>${say(`reading.${v.reading}`)}</span><progress aria-label=${say(`reading.${v.reading}`)}></progress></div>` : nothing}
    ${v.failed ? html`<p class="trouble">${say("list.failed", { why: v.failed })}</p>` : !v.entries ? html`<p class="note">${say("list.loading")}</p>` : !v.entries.length ? html`<p class="note">${say("list.none")}</p>` : nothing}
    <ul class="cards">
      ${v.own?.saved ? card(v, v.own.key, v.own.saved.title[app.lang], "", say("card.own")) : nothing}
      ${(v.entries ?? []).map((e) => card(v, e.id, words(e.title), words(e.summary), say("card.minutes", { n: e.minutes })))}
    </ul>
    ${opening(v)}`;
}

function opening(v: ListView): TemplateResult {
  const pick = (folder: boolean) => html`<label class="pick"><span>${say(folder ? "open.folder" : "open.files")}</span><input type="file" multiple ?webkitdirectory=${folder} @change=${(e: Event) => { const x = e.target as HTMLInputElement; v.files([...(x.files ?? [])]); x.value = ""; }}></label>`;
  return html`<details class="opening"><summary>${say("open.title")}</summary>
    <p class="note">${say("open.why")}</p>
    <div class="dropzone">${pick(false)}${pick(true)}<span>${say("open.drop")}</span></div>
    <form @submit=${(e: Event) => { e.preventDefault(); v.text(((e.target as HTMLFormElement).elements.namedItem("all") as HTMLTextAreaElement).value); }}>
      <label>${say("open.paste")}<textarea class="config" name="all" rows="5" spellcheck="false" placeholder="-- scenario.yaml --"></textarea></label><button ?disabled=${!!v.reading}>${say("open.open")}</button></form>
    <form @submit=${(e: Event) => { e.preventDefault(); const wish = ((e.target as HTMLFormElement).elements.namedItem("url") as HTMLInputElement).value.trim(); if (wish) v.take(wish.includes("/") ? wish : "./" + wish); }}>
      <label>${say("open.url", { host: location.host })}<input name="url" spellcheck="false" autocomplete="off" placeholder="./lessons/…/"></label><button ?disabled=${!!v.reading}>${say("open.open")}</button></form>
    </details>`;
}
