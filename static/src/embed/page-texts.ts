// What an embedded page says beyond the texts of every page.

import { messages } from "../i18n/messages.ts";

export const say = messages({
  en: {
    "full": "Full page", "full.title": "Open the same cluster in a page of its own", "panels": "What to show", "stage": "Stage",
    "wrong.panels": "panels: there is no “{given}”; want any of {names}", "wrong.origin": "origin={given}: want scheme, host and port of the embedding page, as https://docs.example; nobody is answered",
    "note": "Kubernetes in this page",
  },
  zh: {
    "full": "完整页面", "full.title": "在单独的页面中打开同一个集群", "panels": "显示内容", "stage": "舞台",
    "wrong.panels": "panels：没有“{given}”；可用的有 {names}", "wrong.origin": "origin={given}：应为嵌入页面的协议、主机和端口，例如 https://docs.example；现在不回应任何人",
    "note": "本页中的 Kubernetes",
  },
});
