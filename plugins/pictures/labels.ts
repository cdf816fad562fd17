/** Words on pictures, in a font of the system. */

/** A line of words. */
export interface Label {
  readonly text: string;
  readonly left: number;
  /** Of the line that letters stand on. */
  readonly bottom: number;
  /** That have room; a longer text ends in "…". */
  readonly letters: number;
  /** Default false. */
  readonly isBold?: boolean;
}

/** A layer to lay over a picture of that size, for `composite` of sharp. */
export function labelLayer(labels: readonly Label[], size: { readonly width: number; readonly height: number }) {
  const { width, height } = size;
  const texts = labels.map(textElement).join("");
  const svg = `<svg width="${width}" height="${height}" font-family="sans-serif" font-size="11">${texts}</svg>`;
  return { input: Buffer.from(svg), left: 0, top: 0 };
}

function textElement({ text, left, bottom, letters, isBold }: Label): string {
  const shown = [...text].length > letters ? `${[...text].slice(0, letters - 1).join("")}…` : text;
  // What XML has no place for is not drawn.
  const safe = shown
    .replaceAll(/[^\P{C}\u{200d}]/gu, "�")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;");
  return `<text x="${left}" y="${bottom}"${isBold ? ' font-weight="bold"' : ""}>${safe}</text>`;
}
