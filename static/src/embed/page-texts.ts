// What an embedded page says beyond the texts of every page.

import { messages } from "../i18n/messages.ts";

export const say = messages({
  en: {
    "full": "Full page", "full.title": "Go on in a page of its own", "full.again": "The link is ready now: press “Full page” again.", "full.long": "What was done here is too long for a link ({n} characters). Press “Full page” again: the page then begins where this one began.", "panels": "What to show", "stage": "Stage",
    "wrong.panels": "panels: there is no “{given}”; want any of {names}", "wrong.origin": "origin={given}: want scheme, host and port of the embedding page, as https://docs.example; nobody is answered",
    "note": "Kubernetes in this page",
  },
  zh: {
    "full": "完整页面", "full.title": "在单独的页面中继续", "full.again": "链接已准备好：请再按一次“完整页面”。", "full.long": "这里所做的操作太长，放不进链接（{n} 个字符）。再按一次“完整页面”，将从这里最初的状态开始。", "panels": "显示内容", "stage": "舞台",
    "wrong.panels": "panels：没有“{given}”；可用的有 {names}", "wrong.origin": "origin={given}：应为嵌入页面的协议、主机和端口，例如 https://docs.example；现在不回应任何人",
    "note": "本页中的 Kubernetes",
  },
});
