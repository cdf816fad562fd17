/** The words of diagnostics: names and values of strangers, shown so that a message stays a message. */
import { distance } from "fastest-levenshtein";

/** Messages quote names and values of strangers: nothing in them may move a terminal's cursor, or fill its screen. */
export function printable(message: string): string {
  const escaped = message.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) =>
    character === "\n" || character === "\t" ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return escaped.length > 4000 ? `${escaped.slice(0, 4000)}…` : escaped;
}

/** The nearest known name, as a question; empty when nothing is near. */
export function suggest(name: string, known: readonly string[]): string {
  // Nobody mistyped a name that long, and comparing it would take as long.
  if (name.length > 100) return "";
  const nearest = [...known].sort((a, b) => distance(name, a) - distance(name, b))[0];
  return nearest !== undefined && distance(name, nearest) <= Math.max(2, name.length / 3)
    ? ` Did you mean "${nearest}"?`
    : "";
}

export function knownNames(label: string, known: readonly string[]): string {
  return known.length > 0 ? `${label}: ${known.join(", ")}.` : `${label}: none.`;
}

export function show(value: unknown): string {
  const text = typeof value === "object" && value !== null ? json(value) : String(value);
  const short = text.length > 200 ? `${text.slice(0, 199)}…` : text;
  return typeof value === "string" ? `"${short}"` : short;
}

/** Of any object: some are circular, some hold what JSON has no word for. */
function json(value: object): string {
  try {
    return JSON.stringify(value) ?? "an object";
  } catch {
    return "an object";
  }
}

/** Anything can be thrown, also what cannot be turned into text. */
export function messageOf(cause: unknown): string {
  try {
    return cause instanceof Error ? cause.message : String(cause);
  } catch {
    return "it threw an object that says nothing";
  }
}

/** `logit-distillation` as reports have it: `logitDistillation`. */
export function camelCase(name: string): string {
  return name.replaceAll(/-+(\w)/g, (_, letter: string) => letter.toUpperCase());
}
