/** The words of diagnostics: names and values of strangers, shown so that a message stays a message. */
import { distance } from "fastest-levenshtein";

/** What moves a cursor, turns the direction of text around, ends a line, or is not seen at all. */
const unseen = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u200b\u2060\ufeff\u{e0000}-\u{e007f}]/gu;

/** Colours alone, as fgkd writes them. */
const colour = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g");

/** In characters: of a message, of a word in it, and of a name in a list. */
const longest = { message: 4000, word: 500, name: 120 };

/**
 * Messages quote names and values of strangers: nothing in them may move a terminal's cursor, fill its screen, or pass for a
 * line of fgkd's. A line after the first is set in, as none of fgkd's own is.
 */
export function printable(message: string): string {
  // No more is looked at than is looked at in no time.
  const words = shorten(message, 10 * longest.message).replaceAll(/\S{501,}/g, (word) => shorten(word, longest.word));
  const text = escapeUnseen(words, "\n\t").replaceAll(/\n(?! )/g, "\n  ");
  return text.length > longest.message ? `${text.slice(0, longest.message)}…` : text;
}

/** Text as it is but for what is not to be seen. `colours`: whether it may have some. */
export function visible(text: string, colours: boolean): string {
  if (!colours) return escapeUnseen(text, "\n\t");
  const parts = text.split(colour);
  const between = text.match(colour) ?? [];
  return parts.map((part, index) => escapeUnseen(part, "\n\t") + (between[index] ?? "")).join("");
}

/** A name of a file, a class, a tensor, …: in one line, in at most 120 characters. */
export function named(name: string): string {
  return shorten(escapeUnseen(shorten(name, 8 * longest.name), ""), longest.name);
}

/** Several names: the first few, and how many more there are. */
export function namedList(names: readonly string[], most = 6): string {
  const shown = names.slice(0, most).map(named).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** A path or name as somebody types it in a command: quoted where a shell would make something else of it. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./\\~-]+$/.test(text)) return text;
  return process.platform === "win32" ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`;
}

function escapeUnseen(text: string, but: string): string {
  return text.replaceAll(unseen, (character) =>
    but.includes(character) ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** The start and the end tell more than the start alone. */
function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor(most / 3);
  return `${text.slice(0, most - end - 1)}…${text.slice(-end)}`;
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
  const short = escapeUnseen(text.length > 200 ? `${text.slice(0, 199)}…` : text, "");
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
