import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { definePreset } from "../../../../core/index.js";
import { alone, createHome, type Home, members } from "../../prediction/pictures.js";
import { createWorld } from "../world.js";

let home: Home;
beforeAll(async () => {
  home = await createHome();
}, 60_000);
afterAll(() => home.remove());

const preset = definePreset({
  ...alone,
  scales: { demo: {} },
  tables: [
    {
      name: "table1",
      title: "Pictures, table 1",
      columns: [{ name: "photos", title: "Photos", data: "photos" }],
      baseline: "slow",
      rows: [
        { name: "slow", title: "learns slowly", published: { photos: 50 }, made: { preset: "alone" } },
        {
          name: "fast",
          title: "learns fast",
          published: { photos: 60 },
          made: { preset: "alone", settings: { "optimizer.learningRate": 0.1 } },
        },
        { name: "both", title: "two members", published: { photos: 70 }, made: { preset: "members" } },
      ],
    },
  ],
  figures: [
    {
      ...{ name: "fig1", title: "Pictures, figure 1", published: "one beside the other." },
      ...{ table: "table1", column: "photos", rows: ["slow", "fast"], images: 3 },
    },
    {
      ...{ name: "fig2", title: "Pictures, figure 2", published: "member by member." },
      ...{ table: "table1", column: "photos", rows: ["both"], roles: ["member-1", "member-2"], method: "grad-cam" },
    },
  ],
});
const presets = [preset, definePreset({ ...members, scales: { demo: {} } })];
const folder = "runs/alone-table1-demo";

describe("fgkd reproduce, of a figure", () => {
  test("lists figures beside tables", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd("reproduce alone")).toBe(0);
    expect(world.out).toMatch(/table1\s+Pictures, table 1\s+3\s+photos\n.*fig1\s+Pictures, figure 1\s+2\s+photos/s);
    expect(await world.fgkd("reproduce alone fig7")).toBe(1);
    expect(world.err).toMatch(/"fig7".*table1, fig1, fig2/s);
  });

  test("draws its runs side by side, which are the table's, and again over what it drew before", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd(`reproduce alone table1 --rows fast --data ${home.photos}`)).toBe(0);
    const ended = () => statSync(join(world.cwd, folder, "fast-0/result.json")).mtimeMs;
    const before = ended();
    for (const _ of [1, 2]) expect(await world.fgkd(`reproduce alone fig1 --data ${home.photos}`)).toBe(0);
    expect(ended()).toBe(before);
    const files = readdirSync(join(world.cwd, folder, "fig1"));
    // Three images by two runs, and the grid.
    expect(files).toHaveLength(7);
    expect(files).toEqual(expect.arrayContaining(["grid.png", expect.stringMatching(/^001-.*-slow\.png$/)]));
    expect(readFileSync(join(world.cwd, folder, "fig1.md"), "utf8")).toMatch(
      /^# Pictures, figure 1\n\n!\[Pictures, figure 1\]\(fig1\/grid\.png\)\n\n- Published: one beside the other\./,
    );
    const page = readFileSync(join(world.cwd, folder, "fig1.html"), "utf8");
    expect(page).toMatch(/<img src="data:image\/png;base64,iVBOR[^"]+" alt="Pictures, figure 1">/);
  });

  test("shows the roles that it names, by its method", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd(`reproduce alone fig2 --data ${home.photos} --json`)).toBe(0);
    const { columns, images } = JSON.parse(world.out);
    expect(columns).toEqual(["both member-1", "both member-2"]);
    expect(images[0].explanations[0].method).toBe("grad-cam");
    expect(existsSync(join(world.cwd, folder, "fig2/grid.png"))).toBe(true);
  });

  test("is not drawn of runs that have not ended", async () => {
    const world = await createWorld({ presets });
    expect(await world.fgkd(`reproduce alone fig1 --data ${home.photos} --dry-run`)).toBe(0);
    expect(await world.fgkd(`reproduce alone fig1 --data ${home.photos} --set optimizer.learningRate=-1`)).not.toBe(0);
    expect(world.out).toContain("fig1 is not drawn: not all of its runs have ended.");
    expect(existsSync(join(world.cwd, folder, "fig1"))).toBe(false);
  });
});
