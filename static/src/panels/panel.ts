// The base of every panel: Lit without a shadow root (one style sheet for the page), drawn again when a topic it listens to
// changes. Frames come often, so for them at most every 120 ms.

import { LitElement } from "lit";
import { app } from "../app.ts";
import type { Topic } from "../app.ts";

export abstract class Panel extends LitElement {
  protected topics: Topic[] = ["prefs", "frame"];
  private offs: (() => void)[] = [];
  private timer = 0;

  protected override createRenderRoot(): this { return this; }

  override connectedCallback(): void {
    super.connectedCallback();
    this.offs = this.topics.map((topic) => app.on(topic, () => (topic === "frame" ? this.soon() : this.requestUpdate())));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs) off();
    clearTimeout(this.timer);
    this.timer = 0;
  }

  private soon(): void {
    if (this.timer) return;
    this.timer = window.setTimeout(() => { this.timer = 0; this.requestUpdate(); }, 120);
  }
}
