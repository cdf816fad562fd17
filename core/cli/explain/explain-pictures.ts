/** The pictures that `fgkd explain` leaves: each map over its image, and one grid of them all. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Explanation, pathProblem } from "../../index.js";
import type { ExplainArguments } from "../arguments.js";
import type { Environment } from "../environment.js";
import { isOfAnother, type Picture, type SeenImage } from "./explain-text.js";

/** Rows that a grid has room for. */
const MOST = 24;

interface Cell {
  readonly picture: Picture;
  readonly lines: readonly string[];
}

interface PictureTools {
  heatMapOver(picture: Picture, map: ArrayLike<number>, opacity: number): Picture;
  encodePng(picture: Picture): Promise<Uint8Array>;
  drawGrid(grid: {
    readonly heads: readonly string[];
    readonly rows: readonly (readonly Cell[])[];
    readonly side: number;
  }): Promise<Uint8Array>;
}

export interface PictureFolder {
  readonly path: string;
  /** Writes a picture for each column. */
  add(name: string, seen: SeenImage): Promise<void>;
  /** Writes the grid. @returns how many images it shows */
  finish(): Promise<number>;
}

/**
 * @param columns what each is called
 * @throws FGKD_PATH for a folder that is not empty
 */
export async function pictureFolder(
  columns: readonly string[],
  { out, opacity, side }: Pick<ExplainArguments, "out" | "opacity" | "side">,
  { cwd, load }: Environment,
): Promise<PictureFolder> {
  // fgkd's own module.
  const tools = (await load("fgkd/plugins")) as unknown as PictureTools;
  const path = out === undefined ? freeFolder(cwd) : resolve(cwd, out);
  if (existsSync(path) && readdirSync(path).length > 0)
    throw pathProblem(path, "is not empty", "Name another folder with --out.");
  const rows: Cell[][] = [];
  let count = 0;
  return {
    path,
    add: async (name, seen) => {
      // Not before there is something to keep.
      if (count === 0) mkdirSync(path, { recursive: true });
      count += 1;
      const row: Cell[] = seen.slice(0, 1).map(({ picture }) => ({ picture, lines: [lastOf(name)] }));
      for (const [column, { picture, explanation }] of seen.entries()) {
        const over = tools.heatMapOver(picture, explanation.map.values, opacity);
        const file = [String(count).padStart(3, "0"), plain(lastOf(name)), plain(columns[column] as string)].join("-");
        writeFileSync(join(path, `${file}.png`), await tools.encodePng(over));
        row.push({ picture: over, lines: linesOf(explanation) });
      }
      if (rows.length < MOST) rows.push(row);
    },
    finish: async () => {
      writeFileSync(join(path, "grid.png"), await tools.drawGrid({ heads: ["image", ...columns], rows, side }));
      return rows.length;
    },
  };
}

function linesOf(explanation: Explanation): readonly string[] {
  const { answer, asked } = explanation;
  const isAskedAbout = isOfAnother(explanation);
  const words = ({ label, probability }: Explanation["answer"]) => `${Math.round(100 * probability)} % ${label}`;
  return [words(answer), ...(isAskedAbout ? [`of ${words(asked)}`] : [])];
}

function lastOf(name: string): string {
  return name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
}

/** As any file may be called. */
function plain(name: string): string {
  return name
    .replace(/\.\w+$/, "")
    .replaceAll(/[^\p{L}\p{N}_@-]+/gu, "-")
    .slice(-60);
}

function freeFolder(cwd: string): string {
  for (let number = 1; ; number++) {
    const path = join(cwd, `explained-${number}`);
    if (!existsSync(path)) return path;
  }
}
