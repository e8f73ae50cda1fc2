// What the poster says. It is part of the small script that an embedding page links, so it has its own few texts.

import type { Lang } from "../i18n/index.ts";

interface PosterTexts { open: string; note: string; loading: string; failed: string; cluster: string; manifest: string; session: string; lesson: string }

export const posterTexts: Record<Lang, PosterTexts> = {
  en: {
    open: "Start", note: "A Kubernetes cluster in this page; loads about 4 MB", loading: "Loading…", failed: "It did not load. Try again",
    cluster: "A Kubernetes cluster", manifest: "Run this manifest", session: "A recorded session", lesson: "Lesson",
  },
  zh: {
    open: "启动", note: "就在本页中的 Kubernetes 集群，需下载约 4 MB", loading: "正在加载…", failed: "加载失败，请重试",
    cluster: "一个 Kubernetes 集群", manifest: "运行这份清单", session: "一段录制的会话", lesson: "课程",
  },
};

/** The name of what will open. Those of examples and lessons come by the build. */
export function posterTitle(lang: Lang, of: { caption: string; scenario: string; lesson?: string | null; manifest: boolean; session: boolean }): string {
  const x = posterTexts[lang], example = __SCENARIO_TITLES__[lang][of.scenario], lesson = __LESSON_TITLES__[lang][of.lesson ?? of.scenario];
  if (of.caption) return of.caption;
  if (of.lesson != null || (lesson && !example)) return lesson ? `${x.lesson}${lang === "zh" ? "：" : ": "}${lesson}` : x.lesson;
  return example || of.scenario || (of.session ? x.session : of.manifest ? x.manifest : x.cluster);
}
