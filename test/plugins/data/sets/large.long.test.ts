/** What takes memory and time: a parquet file of a gigabyte, and lists of a hundred thousand images. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith } from "../support.js";
import { writeParquet } from "./hub-parquet.js";

const MEGABYTE = 2 ** 20;
const sets = new URL("../../../../plugins/data/sets", import.meta.url).pathname;

/** In a process of its own: megabytes that it took beyond what was there before. */
function measured(code: string, cache: string): { readonly megabytes: number; readonly result: unknown } {
  const script = `
    import { folderSchema } from "${sets}/../folder/options.ts";
    import { readList } from "${sets}/list.ts";
    import { openPlace } from "${sets}/unpack.ts";
    const before = process.resourceUsage().maxRSS;
    const result = await (async () => { ${code} })();
    console.log(JSON.stringify({ result, megabytes: (process.resourceUsage().maxRSS - before) / 1024 }));
  `;
  const path = join(cache, "measured.mts");
  writeFileSync(path, script);
  const output = execFileSync(process.execPath, ["--import", import.meta.resolve("tsx"), path], {
    env: { ...process.env, FGKD_CACHE: cache },
    encoding: "utf8",
  });
  return JSON.parse(output.trim().split("\n").at(-1) as string);
}

test("a parquet file of a gigabyte is unpacked row group by row group, in a fraction of its size", async () => {
  const cache = await folderWith({});
  const path = join(cache, "train-00000-of-00001.parquet");
  const image = (index: number) => {
    const bytes = new Uint8Array(MEGABYTE);
    for (let at = 0; at < MEGABYTE; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    bytes.set([0xff, 0xd8, 0xff, 0xe0, index & 255, index >> 8]);
    return bytes;
  };
  const groups = function* () {
    for (let group = 0; group < 21; group++)
      yield Array.from({ length: 50 }, (_, index) => ({ bytes: image(50 * group + index), label: index % 2 }));
  };
  await writeParquet(path, groups(), ["wren", "owl"]);
  expect(statSync(path).size).toBeGreaterThan(1000 * MEGABYTE);
  const { megabytes, result } = measured(`return openPlace(${JSON.stringify(path)}, "auto");`, cache);
  const images = join(result as string, "train");
  expect(readdirSync(images)).toHaveLength(1050);
  expect(statSync(join(images, "0001049.jpeg")).size).toBe(MEGABYTE);
  expect(megabytes).toBeLessThan(400);
  rmSync(cache, { recursive: true });
});

test("a list of a hundred thousand images is read in 150 megabytes", async () => {
  const root = await folderWith({});
  const rows = ["path,label,split"];
  for (let label = 0; label < 100; label++) {
    mkdirSync(join(root, `images/${label}`), { recursive: true });
    for (let index = 0; index < 1000; index++) {
      writeFileSync(join(root, `images/${label}/${index}.jpg`), "");
      rows.push(`images/${label}/${index}.jpg,kind ${label},${index % 5 === 0 ? "test" : "train"}`);
    }
  }
  const path = join(root, "list.csv");
  writeFileSync(path, rows.join("\n"));
  const { megabytes, result } = measured(
    `const path = ${JSON.stringify(path)};
     const { candidates, classes } = await readList(path, folderSchema.parse({ path }));
     return [candidates.length, classes.length];`,
    root,
  );
  expect(result).toEqual([100_000, 100]);
  expect(megabytes).toBeLessThan(150);
});
