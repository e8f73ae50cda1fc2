// A catalogue of its own for what is loaded later or stands alone: the same rules as en.ts and zh.ts, in one place.

import { fill, lang } from "./index.ts";
import type { Lang } from "./index.ts";

export interface Say<K extends string> {
  (key: K, values?: Record<string, string | number>): string;
  readonly catalogues: Record<Lang, Record<K, string>>;
}

/** Every language has the keys of the English texts: the compiler sees to it, a test sees to the values in them. */
export function messages<K extends string>(catalogues: { en: Record<K, string>; zh: Record<NoInfer<K>, string> }): Say<K> {
  const say = (key: K, values?: Record<string, string | number>) => fill(catalogues[lang()][key], values);
  return Object.assign(say, { catalogues });
}
