/** Writes the structure into docs/architecture.md and says what is wrong with it: `npm run structure`. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  betweenRooms,
  circles,
  lonelyFolders,
  looseFiles,
  readTree,
  roomOf,
  roomsOf,
  upward,
} from "../support/structure.js";
import { withStructure } from "./picture.js";
import { floors, rooms } from "./rooms.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = `${root}docs/architecture.md`;
const tree = readTree(root);
writeFileSync(page, withStructure(readFileSync(page, "utf8"), tree, rooms));

const sizes = roomsOf(tree);
const unplaced = sizes.filter(({ name }) => !floors.includes(name)).map(({ name }) => name);
const placed = tree.arrows.filter(({ from, to }) => ![from, to].some((path) => unplaced.includes(roomOf(path))));
for (const { name, files, code } of sizes) console.log(`${name}: ${code} lines of code in ${files} files`);
tell("without a place in rooms.ts", unplaced);
tell("circle of files", circles(tree.arrows).map(inWords));
tell("circle of rooms", circles(betweenRooms(tree.arrows)).map(inWords));
tell(
  "upward",
  upward(placed, floors).map(({ from, line, to }) => `${from}:${line} imports ${to}`),
);
tell("folder with one thing in it", lonelyFolders(tree));
tell("loose", looseFiles(tree));

function inWords(circle: readonly string[]): string {
  return circle.join(", ");
}

function tell(what: string, found: readonly string[]): void {
  for (const each of found) console.log(`${what}: ${each}`);
}
