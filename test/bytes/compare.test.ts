import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as shipped from "../../presets/index.js";
import { cases } from "./cases.js";
import { type Bytes, compare } from "./compare.js";
import { leftBy } from "./left.js";

const run = "dadkd, paper, wasm";
const bytes = (left: Readonly<Record<string, string>>): Bytes => ({ machine: "", runs: { [run]: left } });

describe("the record of bytes", () => {
  test("is of every preset that fgkd brings", () => {
    const names = Object.values(shipped).map(({ name }) => name);
    expect(Object.keys(cases).sort()).toEqual(names.sort());
  });

  test("is the same as itself", () => {
    expect(compare(bytes({ "models/student fc.weight": "a" }), bytes({ "models/student fc.weight": "a" }))).toEqual([]);
  });

  test("names preset, scale, engine, role and tensor of what differs", () => {
    const before = bytes({ "models/student fc.weight": "a", "models/student fc.bias": "b" });
    const after = bytes({ "models/student fc.weight": "c", "models/student fc.bias": "b" });
    expect(compare(before, after)).toEqual([`${run}: models/student fc.weight: was a, is c`]);
  });

  test("tells what is gone and what is new", () => {
    expect(compare(bytes({ old: "1" }), bytes({ new: "2" }))).toEqual([
      `${run}: old: gone, was 1`,
      `${run}: new: new, 2`,
    ]);
  });

  test("tells runs that only one record has, whichever it is", () => {
    const none = { machine: "", runs: {} };
    expect(compare(bytes({}), none)).toEqual([`${run}: only in the first record`]);
    expect(compare(none, bytes({}))).toEqual([`${run}: only in the second record`]);
  });
});

describe("what a run left", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "fgkd-bytes-test-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A run's folder with one model of two tensors. */
  function leave(name: string, { values = [1, 2], about = "", loss = 0.5, picture = "bird" } = {}) {
    const at = (...parts: string[]) => join(folder, name, ...parts);
    for (const part of ["models", "artifacts/generator"]) mkdirSync(at(part), { recursive: true });
    const header = JSON.stringify({
      __metadata__: { about },
      w: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
      b: { dtype: "F32", shape: [], data_offsets: [4, 8] },
    });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const data = Buffer.from(new Float32Array(values).buffer);
    writeFileSync(at("models", "student.safetensors"), Buffer.concat([length, Buffer.from(header), data]));
    writeFileSync(at("metrics.jsonl"), `${JSON.stringify({ stage: "student", epoch: 0, losses: { ce: loss } })}\n`);
    writeFileSync(at("result.json"), JSON.stringify({ stages: [{ stage: "student", title: "s", accuracy: null }] }));
    writeFileSync(at("artifacts", "generator", "0.png"), picture);
    return leftBy(at());
  }

  test("is told by tensor, number and file", () => {
    expect(Object.keys(leave("whole"))).toEqual([
      "models/student b",
      "models/student w",
      "metrics.jsonl student epoch 0 losses.ce",
      "result.json student accuracy",
      "artifacts/generator/0.png",
    ]);
  });

  test("does not know of a model's metadata", () => {
    expect(leave("described", { about: "other" })).toEqual(leave("plain"));
  });

  test.each([
    ["a tensor's value", { values: [1, 3] }, "models/student b"],
    ["a loss, in its last digit", { loss: 0.5 + 2 ** -53 }, "metrics.jsonl student epoch 0 losses.ce"],
    ["a picture", { picture: "cat" }, "artifacts/generator/0.png"],
  ])("differs by %s", (_what, changed, name) => {
    const found = compare(bytes(leave("before")), bytes(leave("after", changed)));
    expect(found).toEqual([expect.stringContaining(`${run}: ${name}: was `)]);
  });
});
