/** The structure as Markdown: a picture of the rooms for Mermaid, and a table of them. */
import { type Arrow, betweenRooms, circles, roomsOf, type Tree } from "../support/structure.js";
import type { PlannedRoom } from "./rooms.js";

const begin = "<!-- structure: written by `npm run structure` -->";
const end = "<!-- end of structure -->";

/** A page with its part between the two marks written anew. */
export function withStructure(page: string, tree: Tree, planned: readonly PlannedRoom[]): string {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`the page lacks "${begin}" or, after it, "${end}"`);
  return `${before}${begin}\n\n${picture(tree)}\n\n${tableOf(tree, planned)}\n\n${end}${after}`;
}

/**
 * Rooms and what they need. An arrow is left out where a longer way leads there too, else nobody could read the picture;
 * the table has all of them.
 */
export function picture(tree: Tree): string {
  const rooms = roomsOf(tree).map(({ name }) => name);
  const groups = ["core", "plugins", "presets"].map((top) => {
    const inside = rooms.filter((name) => name.split("/")[0] === top);
    return [`  subgraph ${top}`, ...inside.map((name) => `    ${key(name)}["${label(name)}"]`), "  end"].join("\n");
  });
  const arrows = shortest(betweenRooms(tree.arrows)).map(({ from, to }) => `  ${key(from)} --> ${key(to)}`);
  return ["```mermaid", "flowchart TD", ...groups, ...arrows.sort(), "```"].join("\n");
}

/** One row for each room, the lowest first; those that have no place yet come last. */
function tableOf(tree: Tree, planned: readonly PlannedRoom[]): string {
  const place = (name: string) => planned.findIndex((room) => room.name === name) >>> 0;
  const arrows = betweenRooms(tree.arrows);
  const rows = [...roomsOf(tree)]
    .sort((a, b) => place(a.name) - place(b.name))
    .map(({ name, code }) => {
      const needs = arrows.filter(({ from }) => from === name).map(({ to }) => to);
      const sorted = needs.sort((a, b) => place(a) - place(b)).map((to) => `\`${to}\``);
      const holds = planned.find((room) => room.name === name)?.holds ?? "";
      return `| \`${name}\` | ${holds} | ${rounded(code)} | ${sorted.join(", ")} |`;
    });
  return ["| room | what lies there | lines of code | needs |", "| --- | --- | ---: | --- |", ...rows].join("\n");
}

/** To the nearest hundred, so that a line more or less makes no page wrong. */
function rounded(code: number): string {
  return code < 100 ? "under 100" : `${100 * Math.round(code / 100)}`;
}

/** Those arrows without which some room could not be reached any more. Members of a circle keep theirs. */
function shortest(arrows: readonly Arrow[]): readonly Arrow[] {
  const circle = circles(arrows);
  const same = (a: string, b: string) => circle.some((members) => members.includes(a) && members.includes(b));
  const reached = (from: string): ReadonlySet<string> => {
    const seen = new Set([from]);
    for (const at of seen) for (const arrow of arrows) if (arrow.from === at) seen.add(arrow.to);
    return seen;
  };
  const reach = new Map(arrows.map(({ from }) => [from, reached(from)]));
  return arrows.filter(
    ({ from, to }) =>
      same(from, to) ||
      !arrows.some(
        (other) =>
          other.from === from &&
          other.to !== to &&
          !same(other.to, from) &&
          !same(other.to, to) &&
          reach.get(other.to)?.has(to),
      ),
  );
}

/** A name for Mermaid: those of the groups are taken. */
function key(name: string): string {
  return name.includes("/") ? name.replace("/", "-") : `${name}-files`;
}

function label(name: string): string {
  return name.includes("/") ? (name.split("/")[1] as string) : `${name}/*.ts`;
}
