/** Values that anybody may have written, before it is known what they are. */

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of any value whatever, in few words, for a message. */
export function brief(value: unknown): string {
  if (typeof value === "string") return `"${value.slice(0, 60)}"`;
  return value === null ? "null" : `a value of type ${typeof value}`;
}
