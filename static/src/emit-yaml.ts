// Writes plain JSON values as the YAML a person would write. Only for manifests made here: no anchors, no tags.

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export function toYaml(value: Json, indent = ""): string {
  if (Array.isArray(value)) {
    if (!value.length) return "[]";
    return value.map((v) => {
      const text = toYaml(v, indent + "  ");
      return nests(v) ? `\n${indent}- ${text.replace(/^\s+/, "")}` : `\n${indent}- ${text}`;
    }).join("");
  }
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value);
    if (!keys.length) return "{}";
    return keys.map((k) => {
      const v = value[k];
      // Lists stand at their key's own depth, as kubectl prints them.
      return `\n${indent}${scalar(k)}:${nests(v) ? toYaml(v, Array.isArray(v) ? indent : indent + "  ") : " " + toYaml(v, indent)}`;
    }).join("");
  }
  return scalar(value);
}

export function document(value: Json): string { return toYaml(value).replace(/^\n/, "") + "\n"; }

function nests(v: Json): boolean {
  return v !== null && typeof v === "object" && (Array.isArray(v) ? v.length > 0 : Object.keys(v).length > 0);
}

function scalar(v: string | number | boolean | null): string {
  if (typeof v !== "string") return String(v);
  // What YAML would read as something else than this string is quoted.
  return /^[A-Za-z_./][\w./:@-]*$/.test(v) && !/:$/.test(v) && !/^(true|false|yes|no|on|off|null|~|y|n|\.inf|\.nan)$/i.test(v) ? v : JSON.stringify(v);
}
