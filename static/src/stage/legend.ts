// Which colour is which version, and how many pods are of it.

import { html } from "lit";
import { app } from "../app.ts";
import { PodState } from "../protocol.ts";
import { Panel } from "../panels/panel.ts";
import { hueColor } from "../panels/parts.ts";

class TabLegend extends Panel {
  protected override render() {
    const m = app.model, counts = new Int32Array(m.versions.length), some = new Int32Array(m.versions.length);
    for (let s = 0; s < m.slots; s++) if (m.state[s] !== PodState.Gone && m.version[s] >= 0) { counts[m.version[s]]++; some[m.version[s]] = s; }
    // One image at one tag is one entry, however many workloads run it.
    const rows = new Map<string, { hue: number; image: string; label: string; pods: number }>();
    m.versions.forEach((v, i) => {
      if (!v || !counts[i]) return;
      const image = (m.workloadOf(v.workload)?.image || m.names[some[i]]).replace(/@.*$/, "").replace(/:[^/:]*$/, "").split("/").pop() ?? "";
      const key = `${image}:${v.label}`, row = rows.get(key);
      if (row) row.pods += counts[i]; else rows.set(key, { hue: v.hue, image, label: v.label, pods: counts[i] });
    });
    return html`${[...rows.values()].slice(-6).map((r) => html`<span><i class="dot" style="background:${hueColor(r.hue)}"></i>${r.image} <b>${r.label}</b> ×${r.pods}</span>`)}`;
  }
}
customElements.define("tab-legend", TabLegend);
