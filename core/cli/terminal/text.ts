/** Words and numbers as people read them. */
import { wording } from "../../index.js";

export const { between, count, duration, inWords, percent, points, shortName } = wording;

/** Lines of at most `width` characters, broken at spaces; a longer word stays whole. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A loss in four characters or so: `2.483`, `12.48`, `124.8`. */
export function loss(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 3 : Math.abs(value) < 100 ? 2 : 1);
}

/** A measured number, as short as it can be read. */
export function number(value: number | undefined): string {
  return value === undefined ? "–" : value.toFixed(Math.abs(value) < 2 ? 2 : 1);
}

/** JSON escapes a part of what is not to be seen; it has escapes for the rest. */
export function visibleJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replaceAll(
    /[\u007f-\u009f\u2028\u2029\u200b\u2060\ufeff\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
