import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { floors, rooms } from "./structure/rooms.js";
import {
  type Arrow,
  betweenRooms,
  circles,
  lonelyFolders,
  looseFiles,
  readTree,
  roomsOf,
  upward,
} from "./support/structure.js";

const tree = readTree(fileURLToPath(new URL("..", import.meta.url)));
const present = roomsOf(tree);

/** Lines of code of all rooms whose names begin so. */
function codeOf(...names: readonly string[]): number {
  return present.filter(({ name }) => names.includes(name)).reduce((sum, { code }) => sum + code, 0);
}

const inWords = ({ from, line, to }: Arrow) => `${from}:${line} imports ${to}`;

// Waits for the rooms of core and plugins to be as rooms.ts lists them.
describe("rooms", () => {
  test("every room has its place among the floors", () => {
    expect(present.map(({ name }) => name).filter((name) => !floors.includes(name))).toEqual([]);
  });

  test("every place among the floors is a room", () => {
    expect(floors.filter((name) => !present.some((room) => room.name === name))).toEqual([]);
  });

  test("no files import each other in a circle, types included", () => {
    expect(circles(tree.arrows)).toEqual([]);
  });

  test("no rooms need each other in a circle", () => {
    expect(circles(betweenRooms(tree.arrows))).toEqual([]);
  });

  test("no arrow points up", () => {
    expect(upward(tree.arrows, floors).map(inWords)).toEqual([]);
  });

  test("nothing lies loose beside the rooms", () => {
    expect(looseFiles(tree)).toEqual([]);
  });

  test("no folder holds one thing only", () => {
    expect(lonelyFolders(tree)).toEqual([]);
  });

  test("every room of core keeps to its budget, through all its folders", () => {
    const over = present
      .filter(({ name }) => name.split("/")[0] === "core")
      .map(({ name, code }) => ({ name, code, budget: rooms.find((room) => room.name === name)?.budget ?? 0 }))
      .filter(({ code, budget }) => code > budget);
    expect(over).toEqual([]);
  });

  test("lifecycle and registries together stay under 1,000 lines of code", () => {
    expect(codeOf("core/lifecycle")).toBeGreaterThan(0);
    expect(codeOf("core/registries")).toBeGreaterThan(0);
    expect(codeOf("core/lifecycle", "core/registries")).toBeLessThan(1000);
  });

  test.each(["core", "plugins"])("no room holds more than a third of %s", (top) => {
    const inside = present.filter(({ name }) => name.split("/")[0] === top);
    const all = inside.reduce((sum, { code }) => sum + code, 0);
    expect(inside.filter(({ code }) => code > all / 3)).toEqual([]);
  });
});
