// How a step, the introduction and the end look.

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { app } from "../app.ts";
import type { LessonEntry, LessonStep } from "../protocol.ts";
import type { Play } from "./play.ts";
import type { TextShelf } from "./texts.ts";
import { goTo, pointName, shows } from "./points.ts";
import { say } from "./messages.ts";

/** What the views need of the panel. */
export interface View {
  play: Play; texts: TextShelf; teacher: boolean;
  /** index of the option that is marked, not yet said */ guess: number;
  /** going back to a step is to be confirmed */ asking: "" | "again" | "restart";
  nextLesson?: LessonEntry;
  set(change: Partial<Pick<View, "guess" | "asking">>): void;
  open(id: string): void; list(): void;
}

const teacherNote = (v: View, place: string, text: { en: string; zh: string }) =>
  v.teacher && text[app.lang] ? html`<aside class="tnote" aria-label=${say("teacher")}><h4>${say("teacher")}</h4>${v.texts.at(place, text)}</aside>` : nothing;

const heading = (over: string, text: string) => html`<p class="over">${over}</p><h3 tabindex="-1" class="stephead">${text}</h3>`;

export function introView(v: View): TemplateResult {
  const l = v.play.lesson;
  return html`${heading(say("card.minutes", { n: l.minutes }), say("intro"))}${progressNote(v)}
    ${v.texts.at("intro", l.intro)}${teacherNote(v, "teacher", l.teacher)}`;
}

/** What is under way before the lesson can be taken, or what went wrong. */
export function progressNote(v: View): TemplateResult | typeof nothing {
  const p = v.play;
  if (p.trouble) return html`<div class="trouble" role="alert"><b>✕ ${say("failed")}</b><pre>${p.trouble.text}</pre>
    ${p.trouble.again ? html`<div class="buttons"><button @click=${() => void p.again().then((ok) => { if (ok) void p.showMe(); })}>${say("again.show")}</button></div>` : nothing}</div>`;
  if (!p.busy) return nothing;
  const text = p.busy === "cluster" ? say("setup.cluster") : p.busy === "back" ? say("backing") : say(p.busy === "setup" ? "setup.line" : p.busy === "ahead" ? "ahead" : "showing", { n: p.under.n, of: p.under.of });
  const of = p.busy === "cluster" || p.busy === "back" ? undefined : p.under.of;
  return html`<div class="underway" role="status"><span>${text}</span>${of ? html`<progress max=${of} .value=${p.under.n - 1} aria-label=${text}></progress><code>${p.under.line}</code>` : html`<progress aria-label=${text}></progress>`}</div>`;
}

/** The step's speed, or that it was given back. */
function paceNote(p: Play): TemplateResult | typeof nothing {
  const own = p.pace.lent, speed = p.pace.given;
  if (own !== undefined) return html`<p class="note pace">${say(p.pace.hurries ? "pace.fast" : "pace.slow", { own })}</p>`;
  return speed === undefined ? nothing : html`<p class="note pace">${say("pace.back", { speed })}</p>`;
}

export function stepView(v: View, i: number): TemplateResult {
  const p = v.play, s = p.lesson.steps[i], state = p.states[i], asks = p.asks(i), done = p.done(i) || (p.here && s.read && !asks);
  return html`${heading(say("step", { n: i + 1, of: p.lesson.steps.length }), s.title[app.lang])}
    ${p.remade && p.here ? html`<p class="info">${say("remade")}</p>` : nothing}
    ${v.texts.at(`text-${i}`, s.text)}
    ${s.predict ? prediction(v, i, s, done && !asks) : nothing}
    ${s.point.length ? points(s) : nothing}
    ${s.checks.length ? checks(v, i, s) : nothing}
    ${p.here ? paceNote(p) : nothing}${p.here ? progressNote(v) : nothing}
    ${state.hints ? html`<section class="hints" aria-label=${say("hint", { n: state.hints, of: s.hints.length })}>${s.hints.slice(0, state.hints).map((h, k) => html`<div class="hint"><b>${say("hint", { n: k + 1, of: s.hints.length })}</b>${v.texts.at(`hint-${i}-${k}`, h)}</div>`)}</section>` : nothing}
    ${!s.read && done && (s.after[app.lang] || state.shown) ? html`<section class="after" aria-label=${say("after")}>${s.after[app.lang] ? html`<h4>${say("after")}</h4>${v.texts.at(`after-${i}`, s.after)}` : nothing}${state.shown ? html`<p class="note">${say("shown")}</p>` : nothing}</section>` : nothing}
    ${s.read && done && s.after[app.lang] ? html`<section class="after">${v.texts.at(`after-${i}`, s.after)}</section>` : nothing}
    ${teacherNote(v, `teacher-${i}`, s.teacher)}
    ${wayBack(v, i, s)}`;
}

function prediction(v: View, i: number, s: LessonStep, shown: boolean): TemplateResult {
  const q = s.predict!, state = v.play.states[i], asks = state.answer === undefined, hit = !asks && q.options[state.answer!].right;
  if (asks) return html`<form class="predict" @submit=${(e: Event) => { e.preventDefault(); if (v.guess >= 0) void v.play.answer(v.guess); }}>
    <fieldset><legend>${say("predict")}</legend>${v.texts.at(`question-${i}`, q.question)}
      ${q.options.map((o, k) => html`<label class="option"><input type="radio" name="guess" .checked=${v.guess === k} @change=${() => v.set({ guess: k })}><span>${v.texts.at(`option-${i}-${k}`, o.text, true)}</span></label>`)}
    </fieldset>
    <p class="note">${say(s.read ? "predict.read" : "predict.first")}</p>
    <button class="primary" ?disabled=${v.guess < 0 || !v.play.here || !!v.play.busy}>${say("predict.say")}</button></form>`;
  return html`<section class="predict said" aria-label=${say("predict")}>${v.texts.at(`question-${i}`, q.question)}
    <ul>${q.options.map((o, k) => {
      const mine = k === state.answer, right = shown && o.right;
      if (!shown && !mine) return html`<li class="other">${v.texts.at(`option-${i}-${k}`, o.text, true)}</li>`;
      return html`<li class="${mine ? "mine" : "other"} ${right ? "right" : ""}"><span class="sign" aria-hidden="true">${right ? "✓" : mine && shown ? "✕" : mine ? "●" : ""}</span>${v.texts.at(`option-${i}-${k}`, o.text, true)}${mine ? html`<em> · ${say("predict.yours")}</em>` : nothing}${right ? html`<em> · ${say("predict.right")}</em>` : nothing}</li>`;
    })}</ul>
    ${shown ? html`<p class="verdict"><b>${hit ? "✓ " + say("predict.hit") : say("predict.missed")}</b></p>${v.texts.at(`answer-${i}`, q.answer)}` : html`<p class="note">${say("predict.wait")}</p>`}</section>`;
}

function points(s: LessonStep): TemplateResult {
  return html`<div class="points"><b>${say("look")}</b><ul>${s.point.map((p) => html`<li>${shows(p) ? html`<button class="link" @click=${() => goTo(p)}>${pointName(p)}</button>` : html`<span class="note">${pointName(p)}</span>`}</li>`)}</ul></div>`;
}

function checks(v: View, i: number, s: LessonStep): TemplateResult {
  const p = v.play, asks = p.asks(i), state = p.states[i];
  return html`<section class="checks" aria-label=${say("checks")}><h4>${say("checks")}</h4><ul>${s.checks.map((c, k) => {
    const r = p.here ? p.results[k] : undefined, ok = state.done || (!asks && !!r?.ok);
    const word = asks ? say("check.wait") : ok ? say("check.ok") : r ? say("check.not") : say("check.asking");
    return html`<li class=${ok ? "ok" : ""} data-check=${c.id}><span class="sign" aria-hidden="true">${ok ? "✓" : "○"}</span><div>${v.texts.at(`check-${i}-${k}`, c.text, true)} <span class="word">${word}</span>
      ${!ok && !asks && r?.got[app.lang] ? html`<p class="got">${say("check.got", { got: r.got[app.lang] })}</p>` : nothing}</div></li>`;
  })}</ul>${p.past && p.here && !state.done ? html`<p class="info">${say("past")}</p>` : nothing}</section>`;
}

/** The beginning of the step again, or of an earlier one. */
function wayBack(v: View, i: number, s: LessonStep): TemplateResult | typeof nothing {
  const p = v.play;
  if (!p.states[i].since || (p.here && (s.read || !p.moved))) return nothing;
  if (!p.here) {
    return v.asking === "again"
      ? html`<div class="info confirm"><p>${say("again.older.note")}</p><div class="buttons"><button class="primary" @click=${() => { v.set({ asking: "" }); void p.again(i); }}>${say("again.yes")}</button><button @click=${() => v.set({ asking: "" })}>${say("to.now", { n: Math.min(p.step + 1, p.lesson.steps.length) })}</button></div></div>`
      : html`<div class="buttons"><button class="again" ?disabled=${!!p.busy} @click=${() => v.set({ asking: "again" })}>↺ ${say("again.older")}</button></div>`;
  }
  return html`<div class="buttons"><button class="again" ?disabled=${!!p.busy} title=${say("again.note")} @click=${() => void p.again()}>↺ ${say(p.states[i].done ? "again.short" : "again")}</button></div>`;
}

export function endView(v: View): TemplateResult {
  const p = v.play, l = p.lesson, doing = l.steps.map((s, i) => ({ s, i })).filter(({ s }) => !s.read), own = doing.filter(({ i }) => p.states[i].done && !p.states[i].shown).length;
  return html`${heading(`✓ ${say("end.done")}`, l.end.title[app.lang])}${v.texts.at("end", l.end.text)}
    ${doing.length ? html`<p class="note">${say("end.own", { n: own, of: doing.length })}</p>` : nothing}
    ${v.nextLesson ? html`<section class="card next"><div><p class="over">${say("end.next")} · ${say("card.minutes", { n: v.nextLesson.minutes })}</p><h4>${v.nextLesson.title[app.lang]}</h4><p>${v.nextLesson.summary[app.lang]}</p></div></section>` : nothing}
    <p class="note">${say("end.stay")}</p>`;
}
