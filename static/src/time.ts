// Virtual time as text.

/** 312480 → "00:05:12.480"; from a day on "1d 00:05:12.480". */
export function clockText(ms: number): string {
  const t = Math.max(0, Math.floor(ms)), pad = (n: number, w = 2) => String(n).padStart(w, "0");
  const days = Math.floor(t / 86_400_000);
  const text = `${pad(Math.floor(t / 3_600_000) % 24)}:${pad(Math.floor(t / 60_000) % 60)}:${pad(Math.floor(t / 1000) % 60)}.${pad(t % 1000, 3)}`;
  return days ? `${days}d ${text}` : text;
}

/** A span as kubectl would say it: "4s", "5m12s", "3h", "2d". */
export function ageText(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 120) return `${s}s`;
  const m = Math.floor(s / 60);
  if (m < 10) return s % 60 ? `${m}m${s % 60}s` : `${m}m`;
  if (m < 180) return `${m}m`;
  const h = Math.floor(m / 60);
  return h < 48 ? `${h}h` : `${Math.floor(h / 24)}d`;
}

/** 0.4 → "0.4 s", 0.00025 s → "0.25 ms": for spans that are given in milliseconds. */
export function spanText(ms: number): string {
  if (ms < 1) return `${round(ms, 2)} ms`;
  if (ms < 1000) return `${round(ms, ms < 10 ? 1 : 0)} ms`;
  return ms < 120_000 ? `${round(ms / 1000, 1)} s` : ageText(ms);
}

export function round(n: number, digits: number): string {
  return String(Number(n.toFixed(digits)));
}

/** Bytes in the binary units that Kubernetes writes. */
export function bytesText(n: number): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti"];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) { n /= 1024; i++; }
  return round(n, n < 10 && i ? 1 : 0) + units[i];
}
