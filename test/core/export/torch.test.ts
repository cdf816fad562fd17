import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { zipped } from "../../../core/export/zip-writer.js";
import { exportModel, loadModel, openTensorFile, readSafetensors } from "../../../core/index.js";
import { halves } from "../../../core/onnx/precision.js";
import { alone, createHome, type Home, plugins, trained } from "../prediction/pictures.js";

let home: Home;
let run = "";
beforeAll(async () => {
  home = await createHome();
  run = await trained(home, alone);
}, 60_000);
afterAll(() => home.remove());

test("a file for PyTorch has the run's weights under their names, to the last bit, and answers as the model does", async () => {
  const out = join(home.path, "student.pt");
  const { parity, loader } = await exportModel(run, { to: "torch", out, plugins, engine: null, license: "MIT" });
  expect(parity).toMatchObject({ images: 10, agreement: 1 });
  const file = openTensorFile(out);
  const { tensors } = readSafetensors(join(run, "models/student.safetensors"));
  expect(file.read()).toEqual(tensors);
  expect(file.metadata).toMatchObject({ backbone: "resnet", license: "MIT" });
  expect(loader).toContain("weights_only=True");
  expect(loader).toContain(out);
});

test("is asked by fgkd as the run's own file is", async () => {
  const out = join(home.path, "asked.pt");
  await exportModel(run, { to: "torch", out, plugins, engine: null });
  const photo = join(home.photos, "test/wren/1.jpeg");
  const answers = [];
  for (const path of [out, join(home.path, "asked.safetensors")]) {
    if (path !== out) copyFileSync(join(run, "models/student.safetensors"), path);
    const model = await loadModel(path, { plugins, engine: null });
    answers.push(await model.predict([photo]));
    await model.dispose();
  }
  expect(answers[0]).toEqual(answers[1]);
});

test("has each storage begin where processors like numbers to begin, and the same bytes each time", async () => {
  const places = ["one.pt", "two.pt"].map((name) => join(home.path, name));
  for (const out of places) await exportModel(run, { to: "torch", out, plugins, engine: null });
  const [one, two] = places.map((place) => readFileSync(place)) as [Buffer, Buffer];
  expect(one.equals(two)).toBe(true);
  const name = Buffer.from("model/data/0");
  const at = one.indexOf(name);
  const padding = one.readUInt16LE(at - 30 + 28);
  expect((at + name.length + padding) % 64).toBe(0);
});

test("has the checksum of each of its files before it and in the directory, where readers of archives look for it", () => {
  const archive = Buffer.concat(zipped([["model/digits", Buffer.from("123456789")]]));
  // What every description of CRC-32 gives for these nine.
  const known = 0xcbf43926;
  expect(archive.readUInt32LE(14)).toBe(known);
  const directory = archive.indexOf("PK\x01\x02", 0, "latin1");
  expect(archive.readUInt32LE(directory + 16)).toBe(known);
});

test("in 16 bits has the nearest numbers of 16 bits", async () => {
  const numbers = [
    0,
    -0,
    1,
    -2,
    65504,
    2 ** -14,
    2 ** -24,
    2 ** -25,
    3 * 2 ** -25,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    0.1,
  ];
  // As IEEE 754 has them; ties go to the even one.
  const bits = [0, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0400, 1, 0, 2, 0x3c00, 0x3c02, 0x2e66];
  expect([...halves(Float32Array.from(numbers))]).toEqual(bits);
  const out = join(home.path, "half.pt");
  const { parity } = await exportModel(run, { to: "torch", out, plugins, engine: null, precision: "fp16" });
  expect(parity?.agreement).toBeGreaterThanOrEqual(0.98);
  const file = openTensorFile(out);
  expect(file.entries.get("fc.weight")?.dtype).toBe("F16");
  const options = { to: "torch", out: join(home.path, "no.pt"), plugins, engine: null, precision: "int8" } as const;
  await expect(exportModel(run, options)).rejects.toThrow(/^FGKD_INVALID_OPTION \[export torch\] option "precision"/);
});
