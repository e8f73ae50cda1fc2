// What the session's dialog says.

import { messages } from "../i18n/messages.ts";

export const say = messages({
  en: {
    title: "Session", link: "Link", sessions: "Sessions", export: "Export", import: "Import",
    "link.intro": "Whoever opens this link gets the identical cluster: the same seed, the same commands at the same moments. The session is in the link itself; nothing is sent anywhere.",
    "link.moment": "It opens at this moment ({at})", "link.start": "It opens before the first command", "link.branches": "with all {n} branches", "link.copy": "Copy the link", "link.copied": "Copied", "link.field": "The link",
    "link.length": "{n} characters", "link.chat": "{n} characters: chat programs may cut it off. A file, or a document's link, carries it whole.", "link.tooLong": "This session is too long for a link ({n} characters). Save it as a file: Export → Session.",
    "link.short": "Make a short link", "link.short.note": "Sends the session to {host}, which keeps it for {days} days. Whoever has the link can open it.", "link.short.forever": "Sends the session to {host}, which keeps it. Whoever has the link can open it.",
    "link.short.failed": "{host} did not take it: {message}", "link.short.big": "{host} takes at most {max} characters.", "link.short.made": "Short link", "link.copyFailed": "The browser does not let the page copy: the link is selected, press Ctrl+C.",
    "list.intro": "Sessions are kept in this browser, on this computer, as they grow. After a reload the tab goes on where it was.", "list.none": "None are kept yet.", "list.unnamed": "Session of {date}", "list.facts": "{nodes} workers · {commands} commands · {size} · at {at}", "list.branches": " · {n} branches",
    "list.now": "open here", "list.elsewhere": "open in another tab", "list.open": "Open", "list.copy": "Duplicate", "list.rename": "Rename", "list.delete": "Delete", "list.sure": "Delete for good", "list.keep": "Keep", "list.save": "Save", "list.name": "Name of the session", "list.changed": "changed {age} ago", "list.opening": "Opening…",
    "age.now": "a moment", "age.minutes": "{n} min", "age.hours": "{n} h", "age.days": "{n} days",
    "export.yaml": "Everything as YAML", "export.yaml.note": "What people made, without what clusters add themselves: a real cluster accepts it.", "export.svg": "The stage as SVG", "export.svg.note": "As you see it now; sharp at any size.", "export.png": "The stage as PNG", "export.png.note": "As you see it now, at twice the size.",
    "export.journal": "The event log", "export.journal.note": "Every record of the journal up to now, one a line.", "export.session": "Session", "export.session.note": "Seed, commands and branches, for opening here again (Import).", "export.save": "Save", "export.left": "Left out:", "export.done": "Saved as {name}", "export.failed": "That did not work: {message}",
    "import.intro": "Manifests, such as files, or what “kubectl get … -o yaml” printed for a real cluster; or a session file of this page.", "import.paste": "Paste here, or drop a file", "import.file": "Choose a file…", "import.read": "Read it", "import.left": "Left out:", "import.ready": "{n} documents can be applied here.", "import.one": "One document can be applied here.", "import.none": "Nothing in it can be applied here.", "import.edit": "Put it into the editor", "import.open": "This is a session. Open it?", "import.openIt": "Open the session", "import.big": "The file is larger than {max} MiB.", "import.binary": "This is not a text file.",
    "left.more": "{what} and {n} more",
  },
  zh: {
    title: "会话", link: "链接", sessions: "会话", export: "导出", import: "导入",
    "link.intro": "打开此链接的人会得到完全相同的集群：种子相同，命令相同，执行的时刻也相同。会话就在链接之中，不会发送到任何地方。",
    "link.moment": "打开时位于此刻（{at}）", "link.start": "打开时位于第一条命令之前", "link.branches": "包含全部 {n} 个分支", "link.copy": "复制链接", "link.copied": "已复制", "link.field": "链接",
    "link.length": "{n} 个字符", "link.chat": "{n} 个字符：聊天软件可能会截断它。存成文件，或把链接放进文档，就能完整传送。", "link.tooLong": "会话太长，放不进链接（{n} 个字符）。请存为文件：导出 → 会话。",
    "link.short": "生成短链接", "link.short.note": "会把会话发送给 {host}，保存 {days} 天。得到链接的人都能打开。", "link.short.forever": "会把会话发送给 {host} 保存。得到链接的人都能打开。",
    "link.short.failed": "{host} 没有接受：{message}", "link.short.big": "{host} 最多接受 {max} 个字符。", "link.short.made": "短链接", "link.copyFailed": "浏览器不允许页面复制：链接已选中，请按 Ctrl+C。",
    "list.intro": "会话随着操作不断保存，就存在这台电脑的这个浏览器里。刷新后，标签页会接着原来的地方继续。", "list.none": "还没有保存任何会话。", "list.unnamed": "{date} 的会话", "list.facts": "{nodes} 个工作节点 · {commands} 条命令 · {size} · 位于 {at}", "list.branches": " · {n} 个分支",
    "list.now": "当前打开", "list.elsewhere": "在另一标签页中打开", "list.open": "打开", "list.copy": "复制一份", "list.rename": "改名", "list.delete": "删除", "list.sure": "确定删除", "list.keep": "保留", "list.save": "保存", "list.name": "会话名称", "list.changed": "{age}前更改", "list.opening": "正在打开…",
    "age.now": "片刻", "age.minutes": "{n} 分钟", "age.hours": "{n} 小时", "age.days": "{n} 天",
    "export.yaml": "全部内容（YAML）", "export.yaml.note": "人创建的内容，不含集群自己加上的部分：真实集群可以接受。", "export.svg": "舞台（SVG）", "export.svg.note": "与现在所见相同，任意放大都清晰。", "export.png": "舞台（PNG）", "export.png.note": "与现在所见相同，两倍大小。",
    "export.journal": "事件日志", "export.journal.note": "到目前为止日志中的每条记录，一行一条。", "export.session": "会话", "export.session.note": "种子、命令和分支，可在这里重新打开（导入）。", "export.save": "保存", "export.left": "未包含：", "export.done": "已保存为 {name}", "export.failed": "没有成功：{message}",
    "import.intro": "清单文件，或真实集群上“kubectl get … -o yaml”的输出；也可以是本页面的会话文件。", "import.paste": "粘贴到这里，或拖入文件", "import.file": "选择文件…", "import.read": "读取", "import.left": "未包含：", "import.ready": "{n} 个文档可以在这里应用。", "import.one": "一个文档可以在这里应用。", "import.none": "其中没有可以在这里应用的内容。", "import.edit": "放入编辑器", "import.open": "这是一个会话。要打开它吗？", "import.openIt": "打开会话", "import.big": "文件超过 {max} MiB。", "import.binary": "这不是文本文件。",
    "left.more": "{what} 等，另有 {n} 个",
  },
});
