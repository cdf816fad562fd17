import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTuning, tuningFile } from "../../../../plugins/engines/webgpu/tuning-file.js";
import { whenTestEnds } from "../../../support/leaving.js";

const device = "Some GPU, driver 1.2, Dawn of webgpu 0.6.2";
const [product, tile] = ["f32 matmul 1 1 64 64 64", "64x64x16/8x4/1"];

const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "fgkd-tuning-"));
  whenTestEnds(() => rmSync(made, { recursive: true }));
  return made;
};

describe("tiles that were measured", () => {
  test("are in a file for each device, below the folder of caches", () => {
    expect(tuningFile(device, "/cache")).toMatch(/^\/cache\/tuning\/webgpu-[0-9a-f]{16}\.jsonl$/);
    expect(tuningFile(`${device} `, "/cache")).not.toBe(tuningFile(device, "/cache"));
  });

  test("serve runs that start later, and not the one that measured them", () => {
    const file = tuningFile(device, folder());
    const first = readTuning(file);
    first.set(product, tile);
    expect(first.get(product)).toBeUndefined();
    const second = readTuning(file);
    expect(second.get(product)).toBe(tile);
    expect([first.id, second.id]).toEqual([expect.stringMatching(/^0-/), expect.stringMatching(/^1-/)]);
  });

  test("are the same to a run that is resumed, whatever was measured since", () => {
    const file = tuningFile(device, folder());
    readTuning(file).set(product, tile);
    const { id } = readTuning(file);
    readTuning(file).set("f32 matmul 1 1 32 32 32", tile);
    const resumed = readTuning(file, id);
    expect(resumed.id).toBe(id);
    expect([resumed.get(product), resumed.get("f32 matmul 1 1 32 32 32")]).toEqual([tile, undefined]);
    expect(() => readTuning(file, `2-${id.split("-")[1]}`)).toThrow('put that file back, or choose tuning "off"');
    expect(() => readTuning(join(file, "..", "none.jsonl"), id)).toThrow("is not in");
  });

  test("are those of whoever measured first, and a line that is none is passed over", () => {
    const file = tuningFile(device, folder());
    readTuning(file).set(product, tile);
    appendFileSync(file, '{"half\n[]\n');
    readTuning(file).set(product, "32x32x16/4x4/1");
    appendFileSync(file, '{"product": "never ended');
    const table = readTuning(file);
    expect(table.get(product)).toBe(tile);
    expect(table.id).toMatch(/^4-/);
    expect(readFileSync(file, "utf8").split("\n")).toHaveLength(5);
  });
});
