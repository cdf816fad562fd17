/** Numbers as the page alone writes them. */

/** `11.2 million`, `1,400`. */
export function large(value: number): string {
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} million` : value.toLocaleString("en");
}

/** `44.8 MB` */
export function size(bytes: number): string {
  return bytes >= 1e9
    ? `${(bytes / 1e9).toFixed(1)} GB`
    : bytes >= 1e5
      ? `${(bytes / 1e6).toFixed(1)} MB`
      : `${bytes} bytes`;
}

/** Four digits, for people. */
export function brief(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? "–" : String(Number(value.toPrecision(4)));
}
