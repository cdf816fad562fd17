/** Names that a JSON text gives twice: of two, `JSON.parse` keeps the last without a word. */

/** Keys at this depth and below it name nothing of ours. */
const deepest = 2;

/**
 * The first key that an object has twice, in the outermost object and in those directly inside it.
 *
 * @param text JSON that was parsed without an error
 */
export function repeatedKey(text: string): string | undefined {
  const seen: Set<string>[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === "{" || sign === "[") {
      if (depth < deepest) seen[depth] = new Set();
      depth++;
    } else if (sign === "}" || sign === "]") depth--;
    else if (sign === '"') {
      const end = endOfText(text, at);
      const keys = depth <= deepest ? seen[depth - 1] : undefined;
      if (keys && isKey(text, end)) {
        // Escapes spell one name in several ways.
        const key = JSON.parse(text.slice(at, end)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** Behind the closing quotation mark. */
function endOfText(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isKey(text: string, from: number): boolean {
  let at = from;
  while (/\s/.test(text[at] ?? "")) at++;
  return text[at] === ":";
}
