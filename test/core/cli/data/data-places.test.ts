import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dataPlaces } from "../../../../core/cli/data/data-places.js";
import { dataLayer } from "../../../../core/cli/settings/layers.js";

let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "fgkd-places-"));
  for (const name of ["a", "b", "a+b", "cub=a"]) await mkdir(join(cwd, name));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

describe("what --data says", () => {
  test("is a folder, also one that is called like two, or like a set and a folder", () => {
    expect(dataPlaces("a", cwd)).toEqual([{ path: join(cwd, "a") }]);
    expect(dataPlaces("a+b", cwd)).toEqual([{ path: join(cwd, "a+b") }]);
    expect(dataPlaces("cub=a", cwd)).toEqual([{ path: join(cwd, "cub=a") }]);
  });

  test("is a set and its folder, or several joined by a plus sign", () => {
    expect(dataPlaces("dogs=a", cwd)).toEqual([{ path: join(cwd, "a"), layout: "dogs" }]);
    expect(dataPlaces("b+nabirds=/elsewhere", cwd)).toEqual([
      { path: join(cwd, "b") },
      { path: "/elsewhere", layout: "nabirds" },
    ]);
    expect(dataPlaces("dogs=~/dogs", cwd)).toEqual([{ path: join(homedir(), "dogs"), layout: "dogs" }]);
  });

  test("is one folder where a plus sign joins nothing", () => {
    expect(dataPlaces("c++", cwd)).toEqual([{ path: join(cwd, "c++") }]);
  });

  test("becomes the folder source's options", () => {
    expect(dataLayer("cub=a/b+b", cwd).config.data).toEqual({
      name: "folder",
      path: join(cwd, "a/b"),
      layout: "cub",
      and: [{ path: join(cwd, "b") }],
    });
  });
});
