import assert from "node:assert/strict";
import { test } from "node:test";
import { say as sessions } from "../src/sessions/messages.ts";
import { say as dialog } from "../src/lazy/session-messages.ts";

test("the texts of what is loaded later: every language says everything, with the same values in it", () => {
  const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
  for (const { catalogues } of [sessions, dialog]) {
    const { en, ...others } = catalogues as Record<string, Record<string, string>>;
    for (const [lang, texts] of Object.entries(others)) {
      assert.deepEqual(Object.keys(texts).sort(), Object.keys(en).sort(), lang);
      for (const key of Object.keys(en)) assert.deepEqual(holes(texts[key]), holes(en[key]), `${lang}: ${key}`);
    }
  }
});
