// What opening and keeping a session may have to say.

import { messages } from "../i18n/messages.ts";

const en = {
  "link.title": "This link could not be opened",
  "link.empty": "It is empty: nothing comes after “#s=”.",
  "link.alphabet": "It contains characters that no such link has: it was changed on its way.",
  "link.truncated": "Its end is missing: the program it came through has cut it. Ask for the link again, or for a short link or a session file.",
  "link.damaged": "It is damaged: what is in it cannot be unpacked.",
  "link.longLink": "It is longer than 256 KiB, more than a link of this page ever is.",
  "link.longText": "It unpacks to more than 8 MiB, more than a session of this page ever is.",
  "link.unknown": "It was made by a newer version of this page. Reload the page, or ask for a session file.",
  "link.instead": "A new cluster was started instead.",
  "session.refused": "The session could not be opened",
  "session.refusedNow": "It stays in the list of sessions. A new cluster was started instead.",
  "other.title": "This session was made by another version ({version})",
  "other.text": "It cannot be replayed exactly here: {why}. A new cluster of the same size was started; what had been applied is in the YAML editor: look at it, then press Apply.",
  "keep.title": "This session is not being saved",
  "keep.quota": "This browser's storage for the page is full. Delete sessions you no longer need (Share → Sessions), or save this one as a file. Everything goes on working; a reload would lose it.",
  "keep.none": "This browser keeps no data for this page (a private window, or blocked by its settings). Everything works, but a reload starts anew: share a link or save a file to keep a session.",
  "keep.other": "The browser's storage failed: {message}. A reload may lose what you did since; save the session as a file to be safe.",
  "copy.of": "Copy of {name}",
  "copy.unnamed": "Copy",
};
const zh: typeof en = {
  "link.title": "无法打开此链接",
  "link.empty": "链接是空的：“#s=”之后没有内容。",
  "link.alphabet": "链接中含有不应出现的字符：它在传送途中被改动过。",
  "link.truncated": "链接的结尾缺失：传送它的程序把它截断了。请再要一次链接，或改用短链接或会话文件。",
  "link.damaged": "链接已损坏：其中的内容无法解开。",
  "link.longLink": "链接超过 256 KiB，本页面的链接不会有这么长。",
  "link.longText": "链接解开后超过 8 MiB，本页面的会话不会有这么大。",
  "link.unknown": "链接由较新版本的页面生成。请刷新页面，或改用会话文件。",
  "link.instead": "已改为启动一个新集群。",
  "session.refused": "无法打开该会话",
  "session.refusedNow": "它仍在会话列表中。已改为启动一个新集群。",
  "other.title": "该会话由另一版本（{version}）生成",
  "other.text": "这里无法精确重放：{why}。已启动同样大小的新集群；曾应用的清单已放入 YAML 编辑器，请查看后按“应用”。",
  "keep.title": "当前会话没有被保存",
  "keep.quota": "浏览器为本页面提供的存储空间已满。请删除不再需要的会话（分享 → 会话），或把当前会话存为文件。一切照常运行，但刷新会丢失它。",
  "keep.none": "此浏览器不为本页面保存数据（隐私窗口，或被设置阻止）。一切照常，但刷新后会从头开始：请分享链接或保存文件来保留会话。",
  "keep.other": "浏览器存储出错：{message}。刷新可能会丢失之后的操作；为安全起见，请把会话存为文件。",
  "copy.of": "{name} 的副本",
  "copy.unnamed": "副本",
};
export const say = messages({ en, zh });
