// What a screen reader hears of what happens: sentences that come close together are said as one.

import { app } from "./app.ts";

export function sayInto(live: Element): void {
  let said = "", timer = 0;
  app.say = (text) => {
    said = said ? `${said}. ${text}` : text;
    clearTimeout(timer);
    timer = window.setTimeout(() => { live.textContent = said; said = ""; }, 400);
  };
}
