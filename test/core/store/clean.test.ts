import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cleanRun, cleanUnfinished } from "../../../core/store/clean.js";

let [home, run, mine] = ["", "", ""];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fgkd-clean-"));
  [run, mine] = [join(home, "run"), join(home, "mine")];
  for (const folder of ["checkpoints", "models", "artifacts/maps"]) mkdirSync(join(run, folder), { recursive: true });
  write(mine, "notes.tmp", "epoch-001.png.tmp", "000000004.json.tmp", "deep/more.tmp", "000000004.safetensors");
});
afterEach(() => rmSync(home, { recursive: true }));

function write(folder: string, ...files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), "x");
  }
}
const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();

describe("cleaning a run folder", () => {
  test("takes away what is half written, under both names that it ever had", () => {
    write(run, "config.json.tmp", "manifest.json.0a1b2c3d.tmp", "metrics.jsonl.0a1b2c3d.tmp", "result.json.tmp");
    write(run, "checkpoints/000000004.safetensors.0a1b2c3d.tmp", "checkpoints/best-student.json.tmp");
    write(run, "models/student.safetensors.0a1b2c3d.tmp", "artifacts/maps/epoch-001.png.0a1b2c3d.tmp");
    cleanUnfinished(run);
    expect(filesOf(run)).toEqual([]);
  });

  test("leaves what fgkd does not write, whatever it is called", () => {
    const users = ["notes.tmp", "config.json", "config.json.tmp.gz", "checkpoints/mine.tmp", "models/student.txt.tmp"];
    write(run, ...users, "data/photo.jpg.tmp", "artifacts/my photo.png.tmp");
    cleanRun(run, null);
    expect(filesOf(run)).toHaveLength(7);
  });

  test.each([
    ["a folder of artifacts", "artifacts/x"],
    ["all artifacts", "artifacts"],
    ["the checkpoints", "checkpoints"],
    ["the models", "models"],
    ["a file of artifacts", "artifacts/x.png.tmp", "notes.tmp"],
    ["a file of the run", "config.json.tmp", "notes.tmp"],
  ])("touches nothing behind a link in the place of %s", (_, place, file = "") => {
    const before = filesOf(mine);
    rmSync(join(run, place), { recursive: true, force: true });
    symlinkSync(join(mine, file), join(run, place));
    cleanRun(run, null);
    expect(filesOf(mine)).toEqual(before);
    expect(readdirSync(join(run, place, ".."))).toContain(place.split("/").at(-1));
  });

  test("comes to an end where links lead around in a circle", () => {
    for (const name of ["a", "b", "c"]) symlinkSync(join(run, "artifacts"), join(run, "artifacts/maps", name));
    symlinkSync(run, join(run, "artifacts/run"));
    write(run, "artifacts/maps/epoch-001.png.tmp");
    cleanRun(run, null);
    expect(filesOf(join(run, "artifacts/maps"))).toEqual([]);
  });

  test("works in a run that is itself reached by a link", () => {
    write(run, "checkpoints/000000004.json.tmp");
    symlinkSync(run, join(home, "latest"));
    cleanRun(join(home, "latest"), null);
    expect(filesOf(run)).toEqual([]);
  });
});
