// Finds the lines of the editor that kubectl's messages are about.

export interface Problem { /** 1-based; 0 when the message names none */ line: number; message: string }

/**
 * kubectl names lines of the document they are in ("error converting YAML to JSON: yaml: line 7: …"), or only the object
 * ('The Deployment "web" is invalid: spec.template…'); the first are lines, the second are looked up by kind and name.
 */
export function problems(stderr: string, text: string): Problem[] {
  const out: Problem[] = [];
  for (const block of stderr.split(/\n(?=error|Error|The |Warning|unable)/)) {
    const message = block.trim();
    if (!message) continue;
    const at = /\bline (\d+)/.exec(message), named = /(?:The |unknown object type.*|")?(\w+) "([^"]+)" is invalid/.exec(message);
    const field = /struct field \S*?(\w+) of type|unknown field "(?:[^"]*\.)?(\w+)"/.exec(message), key = field?.[1] ?? field?.[2];
    const line = at ? Number(at[1]) : key ? onlyLine(text, key) : named ? objectLine(text, named[1], named[2]) : 0;
    out.push({ line: Math.min(line, text.split("\n").length), message });
  }
  return out;
}

/** The line of a key that stands only once in the text, 0 otherwise: a path tells which object, not which document. */
function onlyLine(text: string, key: string): number {
  const lines = text.split("\n"), is = (l: string) => new RegExp(`^[\\s-]*["']?${key}["']?:`).test(l);
  const first = lines.findIndex(is);
  return first >= 0 && !lines.slice(first + 1).some(is) ? first + 1 : 0;
}

/** The line on which the object of this kind and name begins, 0 if it is not there. */
export function objectLine(text: string, kind: string, name: string): number {
  let start = 1, n = 0, isKind = false, isName = false;
  for (const line of (text + "\n---").split("\n")) {
    n++;
    if (/^---/.test(line)) {
      if (isKind && isName) return start;
      start = n + 1; isKind = isName = false;
      continue;
    }
    if (new RegExp(`^kind:\\s*["']?${kind}\\b`, "i").test(line)) isKind = true;
    if (/^ {2}name:/.test(line) && line.replace(/^ {2}name:\s*/, "").replace(/["']/g, "").trim() === name) isName = true;
  }
  return 0;
}
