/** How the source hangs together, read from its imports: which file needs which, in which rooms they lie, how big those are. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import ts from "typescript";

/** One import, `import type`, re-export, `import()` or merged module, of a file of the tree by another. */
export interface Arrow {
  /** From the tree's root, as every path here. */
  readonly from: string;
  readonly to: string;
  /** In `from`, counted from 1. */
  readonly line: number;
}

export interface Tree {
  readonly files: readonly SourceFile[];
  readonly arrows: readonly Arrow[];
}

interface SourceFile {
  readonly path: string;
  /** Lines that do something: see `codeLines`. */
  readonly code: number;
}

/** What has a name and files: a first folder below `core/` or `plugins/`, or what lies beside these folders. */
export interface Room {
  readonly name: string;
  readonly files: number;
  readonly code: number;
}

const tops = ["core", "plugins", "presets"] as const;

/**
 * Reads every TypeScript file below `core/`, `plugins/` and `presets/`.
 *
 * @throws Error when an import of this tree names a file that is not there
 */
export function readTree(root: string): Tree {
  const own = ownFaces(root);
  const read = tops.flatMap((top) =>
    sourcesBelow(root, top).map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      return { path, code: codeLines(text), arrows: arrowsOf(path, text, own) };
    }),
  );
  const arrows = read.flatMap((file) => file.arrows);
  const known = new Set(read.map(({ path }) => path));
  const lost = arrows.find(({ to }) => !known.has(to));
  if (lost) throw new Error(`${lost.from}:${lost.line} imports ${lost.to}, which is not there`);
  return { files: read.map(({ path, code }) => ({ path, code })), arrows };
}

/**
 * `core/ops/adam.ts` lies in `core/ops`, however deep; `core/index.ts` in `core`; `presets/` is one room. Engines are the
 * one kind of plugin whose folders are rooms each: a backend with its kernels is as large as all methods together.
 */
export function roomOf(path: string): string {
  const [top = "", folder, ...deeper] = path.split("/");
  if ((folder === "engines" || folder === "data") && top === "plugins" && deeper.length > 1)
    return `${top}/${folder}/${deeper[0]}`;
  return top === "presets" || folder === undefined || deeper.length === 0 ? top : `${top}/${folder}`;
}

/** By name, with everything below them. */
export function roomsOf({ files }: Tree): readonly Room[] {
  const rooms = new Map<string, Room>();
  for (const { path, code } of files) {
    const name = roomOf(path);
    const room = rooms.get(name) ?? { name, files: 0, code: 0 };
    rooms.set(name, { name, files: room.files + 1, code: room.code + code });
  }
  return [...rooms.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** The arrows that leave a room, as arrows of rooms: one for each pair, the first found. */
export function betweenRooms(arrows: readonly Arrow[]): readonly Arrow[] {
  const pairs = new Map<string, Arrow>();
  for (const arrow of arrows) {
    const [from, to] = [roomOf(arrow.from), roomOf(arrow.to)];
    if (from !== to && !pairs.has(`${from} ${to}`)) pairs.set(`${from} ${to}`, { from, to, line: arrow.line });
  }
  return [...pairs.values()];
}

/**
 * Sets of more than one whose members all reach each other, after Tarjan (1972).
 *
 * @param arrows of files, or of rooms
 * @returns each sorted, and in the order of their first
 */
export function circles(arrows: readonly Pick<Arrow, "from" | "to">[]): readonly (readonly string[])[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to]);
  const [order, path] = [new Map<string, number>(), [] as string[]];
  const found: string[][] = [];
  const visit = (node: string): number => {
    const index = order.size;
    order.set(node, index);
    let least = index;
    path.push(node);
    for (const to of next.get(node) ?? []) {
      if (!order.has(to)) least = Math.min(least, visit(to));
      else if (path.includes(to)) least = Math.min(least, order.get(to) as number);
    }
    if (least === index) {
      const circle = path.splice(path.indexOf(node)).sort();
      if (circle.length > 1) found.push(circle);
    }
    return least;
  };
  for (const node of next.keys()) if (!order.has(node)) visit(node);
  return found.sort((a, b) => (a[0] as string).localeCompare(b[0] as string));
}

/**
 * Arrows from a room to one that stands above it.
 *
 * @param floors names of rooms from the lowest to the highest
 * @throws Error when an arrow touches a room that is not among them: a new room has to take its place first
 */
export function upward(arrows: readonly Arrow[], floors: readonly string[]): readonly Arrow[] {
  const floorOf = (path: string) => {
    const floor = floors.indexOf(roomOf(path));
    if (floor < 0)
      throw new Error(`${path} lies in "${roomOf(path)}", which has no floor; known: ${floors.join(", ")}`);
    return floor;
  };
  return arrows.filter(({ from, to }) => floorOf(from) < floorOf(to));
}

/** Folders, at any depth, that hold one file and no folder. */
export function lonelyFolders({ files }: Tree): readonly string[] {
  const inside = new Map<string, Set<string>>();
  for (const { path } of files) {
    for (let at = path; at.includes("/"); at = dirname(at)) {
      inside.set(dirname(at), (inside.get(dirname(at)) ?? new Set()).add(at));
    }
  }
  return [...inside].filter(([, held]) => held.size === 1).map(([folder]) => folder);
}

/** Files beside the rooms of `core/` and `plugins/`, apart from the faces. */
export function looseFiles({ files }: Tree): readonly string[] {
  return files.map(({ path }) => path).filter((path) => /^(core|plugins)\/(?!index\.ts$)[^/]+$/.test(path));
}

/** Source lines that do something: no blank lines, no comments, no imports or re-exports. */
export function codeLines(text: string): number {
  const bare = text
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^(?:import|export (?:type )?\{[^}]*\} from|export \* from)[\s\S]*?;$/gm, "");
  return bare.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("//")).length;
}

function sourcesBelow(root: string, top: string): readonly string[] {
  if (!existsSync(join(root, top))) return [];
  return readdirSync(join(root, top), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => posix.join(top, file.replaceAll("\\", "/")))
    .sort();
}

function arrowsOf(path: string, text: string, own: ReadonlyMap<string, string>): readonly Arrow[] {
  return ts.preProcessFile(text, true, true).importedFiles.flatMap(({ fileName, pos }): Arrow[] => {
    const to = fileName.startsWith(".")
      ? posix.join(posix.dirname(path), fileName).replace(/\.js$/, ".ts")
      : own.get(fileName);
    return to === undefined ? [] : [{ from: path, to, line: text.slice(0, pos).split("\n").length }];
  });
}

/** What `fgkd/ops` and its like stand for here: a package may import itself by name. */
function ownFaces(root: string): ReadonlyMap<string, string> {
  if (!existsSync(join(root, "package.json"))) return new Map();
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  return new Map(
    Object.entries(exports).flatMap(([face, file]) =>
      typeof file === "string"
        ? []
        : [[posix.join(name, face), posix.relative("dist", file.default).replace(/\.js$/, ".ts")] as const],
    ),
  );
}
