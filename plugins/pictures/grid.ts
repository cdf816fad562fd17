/** Pictures in rows and columns, with words over the columns and under each picture. */
import { type Label, labelLayer } from "./labels.js";
import { opened, type Picture, paste, resized } from "./png.js";

/** Of the grid, in pixels. */
const GAP = 6;
const LINE = 14;
/** About the width of a letter. */
const LETTER = 6.5;

export interface GridCell {
  readonly picture: Picture;
  /** Under it, a line each. */
  readonly lines: readonly string[];
}

export interface Grid {
  /** Over the columns. */
  readonly heads: readonly string[];
  /** As many cells each as there are heads. */
  readonly rows: readonly (readonly GridCell[])[];
  /** Of each picture, in pixels. */
  readonly side: number;
}

/** The bytes of a PNG file with a palette of 256 colours. */
export async function drawGrid({ heads, rows, side }: Grid): Promise<Uint8Array> {
  const lines = Math.max(0, ...rows.flatMap((row) => row.map((cell) => cell.lines.length)));
  const cell = { width: side + GAP, height: side + GAP + lines * LINE };
  const [width, height] = [GAP + heads.length * cell.width, GAP + LINE + rows.length * cell.height];
  const whole = { width, height, data: new Uint8Array(width * height * 3).fill(255) };
  const letters = Math.floor(side / LETTER);
  const labels: Label[] = heads.map((text, column) => {
    return { text, left: GAP + column * cell.width, bottom: LINE, letters, isBold: true };
  });
  for (const [row, cells] of rows.entries())
    for (const [column, { picture, lines }] of cells.entries()) {
      const [left, top] = [GAP + column * cell.width, GAP + LINE + row * cell.height];
      paste(await resized(picture, side, side), whole, left, top);
      for (const [line, text] of lines.entries())
        labels.push({ text, left, bottom: top + side + (line + 1) * LINE - 2, letters });
    }
  const layer = labelLayer(labels, whole);
  return (await opened(whole)).composite([layer]).png({ palette: true }).toBuffer();
}
