// An editor that a running kubectl has opened: kubectl edit, create --edit. It may be opened again, with what was wrong
// written at the top of its text; and kubectl may end under it.

/** The text without its comments, where kubectl says what is wrong. */
const body = (text: string) => text.replace(/^\s*#.*\n?/gm, "").trim();

export class Editing {
  name = ""; text = "";
  /** open: kubectl waits; sent: it works on what it got; over: it has ended, and what was typed is only still shown. */
  state: "open" | "sent" | "over" = "sent";
  /** How often kubectl has opened it. */
  times = 0;
  /** It was opened again with what had been saved: kubectl could not take that. */
  again = false;
  private original = "";

  /** `before`: the panel that was shown before. */
  constructor(readonly line: string, private readonly answer: (saved?: string) => Promise<void>, readonly before: "yaml" | "canary" | "load" | "edit" | "lesson", private readonly changed: () => void) {
    if (before === "edit") this.before = "yaml";
  }

  get dirty(): boolean { return this.text !== this.original; }

  open(name: string, text: string): void {
    this.again = this.times > 0 && body(text) === body(this.text);
    this.name = name;
    this.text = text;
    if (!this.again) this.original = text;
    this.state = "open";
    this.times++;
    this.changed();
  }

  /** Leaves the editor: with its text saved, or without. */
  async leave(save: boolean): Promise<void> {
    if (this.state !== "open") return;
    this.state = "sent";
    this.changed();
    try {
      await this.answer(save ? this.text : undefined);
    } catch (e) {
      if (this.state === "sent") this.state = "open"; // such as a text that is too long: nothing is lost
      this.changed();
      throw e;
    }
  }

  /** The line has ended; `well` if the engine answered. Reports whether the editor can go: it stays if work would be lost. */
  end(well: boolean): boolean {
    const lost = this.dirty && (this.state === "open" || !well);
    this.state = "over";
    this.changed();
    return !lost;
  }
}
