// The door to the lessons: what they need comes when somebody opens it.

import { app } from "./app.ts";
import { t } from "./i18n/index.ts";

/**
 * Opens the lessons' panel: with the list of them, or with the one that is meant by a name or an address. `fragment`: of the
 * address that the page opens with, which may say how far somebody is in the session it holds.
 */
export async function openLessons(wish = "", fragment = ""): Promise<void> {
  try {
    const { TabLesson } = await import("./lessons/panel.ts");
    app.lesson = true;
    app.show({ left: "lesson", sheet: "lesson" });
    // The left panel draws it now: also where no frame is drawn, as in a page's frame that is out of sight.
    await new Promise((resolve) => setTimeout(resolve));
    const panel = document.querySelector("tab-lesson");
    if (panel instanceof TabLesson && wish) await panel.open(wish, fragment);
  } catch (e) {
    app.trouble = { title: t("lessons"), message: (e as Error).message, commands: 0 };
    app.emit("status");
  }
}
