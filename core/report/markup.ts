/** HTML as values: whatever is put into it is text, and stays text. */
import { named } from "../values/words.js";

/** Text that is HTML already. Made by `html` alone, and by whoever has drawn an SVG. */
export interface Markup {
  readonly markup: string;
}

/** What may stand between the parts of a template; nothing for what is not there. */
export type Content = string | number | null | undefined | false | Markup | readonly Content[];

/** A template: texts in it are escaped, so that names of strangers are names, in text and in attributes with quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return { markup: parts.reduce((before, part, at) => `${before}${markupOf(values[at - 1])}${part}`) };
}

/** A name of a stranger: in one line, with a direction of its own, and cut off where it is endless. */
export function nameOf(name: string): Markup {
  return html`<bdi>${named(name)}</bdi>`;
}

function markupOf(value: Content): string {
  if (value === null || value === undefined || value === false) return "";
  if (typeof value === "string" || typeof value === "number") return escaped(String(value));
  return "markup" in value ? value.markup : value.map(markupOf).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] as string);
}
