import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createRandom, encodeSafetensors, openTensorFile } from "../../../core/index.js";
import { toyModel } from "../../support/toy.js";
import { createWorld } from "./world.js";

const golden = (name: string) => fileURLToPath(new URL(`../../golden/pytorch/${name}`, import.meta.url));

describe("fgkd weights convert", () => {
  test("writes the same tensors in the same types, and the texts beside them", async () => {
    const world = await createWorld();
    for (const name of ["archive.pth", "pickled.pth", "training.pt"]) {
      expect(await world.fgkd(`weights convert ${golden(name)} ${name}.safetensors`), world.err).toBe(0);
      const [before, after] = [openTensorFile(golden(name)), openTensorFile(join(world.cwd, `${name}.safetensors`))];
      expect(Object.fromEntries(after.entries)).toEqual(Object.fromEntries(before.entries));
      expect(Object.fromEntries(after.read())).toEqual(Object.fromEntries(before.read()));
      expect(after.metadata).toEqual({ format: "pt", ...before.metadata });
    }
    expect(world.err).toContain('Note: its weights "state_dict" are read, and not "model_ema".');
    expect(world.out).toContain("archive.pth.safetensors: 19 tensors, 78 values, from PyTorch (zip).");
  });

  test("keeps every value on a multiple of its own size", async () => {
    const world = await createWorld();
    await world.fgkd(`weights convert ${golden("archive.pth")} out.safetensors`);
    const bytes = await readFile(join(world.cwd, "out.safetensors"));
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Record<string, { data_offsets: number[] }>;
    const sizes = { double: 8, float: 4, half: 2, transposed: 4, permuted: 2 };
    for (const [name, size] of Object.entries(sizes)) expect((header[name]?.data_offsets[0] as number) % size).toBe(0);
    expect(length % 8).toBe(0);
  });

  test("takes one of several sets by name", async () => {
    const world = await createWorld();
    expect(await world.fgkd(`weights convert ${golden("two.pth")} t.safetensors --part teacher`)).toBe(0);
    expect(openTensorFile(join(world.cwd, "t.safetensors")).entries.size).toBe(7);
  });

  test("writes over nothing, and leaves nothing where it failed", async () => {
    const world = await createWorld();
    await writeFile(join(world.cwd, "mine.safetensors"), "mine");
    expect(await world.fgkd(`weights convert ${golden("archive.pth")} mine.safetensors`)).not.toBe(0);
    expect(world.err).toContain("is there already. Name another file, or remove it.");
    expect(await world.fgkd(`weights convert ${golden("two.pth")} two.safetensors`)).not.toBe(0);
    expect(await world.fgkd(`weights convert ${golden("archive.pth")}`)).not.toBe(0);
    expect(world.err).toContain("Name one: fgkd weights convert FILE OUT.safetensors.");
    expect(await readdir(world.cwd)).toEqual(["mine.safetensors"]);
    expect(await readFile(join(world.cwd, "mine.safetensors"), "utf8")).toBe("mine");
  });
});

describe("fgkd weights inspect", () => {
  test("prints names, types, shapes, texts and notes", async () => {
    const world = await createWorld();
    expect(await world.fgkd(`weights inspect ${golden("training.pt")}`)).toBe(0);
    expect(world.out).toMatch(/^conv\.weight +F32 +\[2, 1, 1, 1\]$/m);
    expect(world.out).toMatch(/^norm\.num_batches_tracked +I64 +\[\]$/m);
    expect(world.out).toContain('classes ["ant","bee"]');
    expect(world.out).toContain(
      "PyTorch (zip): 7 tensors, 13 values.\nBackbones that it fits: none by its name alone.",
    );
    expect(world.err).toContain('Note: its weights "state_dict" are read');
  });

  test("names the backbones that are made of these weights, in JSON too", async () => {
    const world = await createWorld();
    const tensors = new Map(await toyModel(createRandom(0).normals(8)).parameters.export());
    const write = (name: string) =>
      writeFile(join(world.cwd, name), Buffer.concat([...encodeSafetensors({ tensors, metadata: { a: "b" } })]));
    await write("toy.safetensors");
    expect(await world.fgkd("weights inspect toy.safetensors --json")).toBe(0);
    expect(JSON.parse(world.out)).toEqual({
      format: "safetensors",
      metadata: { a: "b" },
      notes: [],
      fits: ["toy-linear"],
      tensors: { "fc.weight": { dtype: "F32", shape: [2, 4] }, "fc.bias": { dtype: "F32", shape: [2] } },
    });
    // One that a model of this name has no place for is of another.
    tensors.set("fc2.bias", { shape: [1], data: Float32Array.of(1) });
    await write("more.safetensors");
    expect(await world.fgkd("weights inspect more.safetensors")).toBe(0);
    expect(world.out).toContain("Backbones that it fits: none by its name alone.");
  });

  test("shows nothing of a stranger's file that moves a terminal's cursor", async () => {
    const world = await createWorld();
    const tensors = new Map([["\u001b[2Ja", { shape: [1], data: Float32Array.of(1) }]]);
    const content = { tensors, metadata: { "\u001b[2Jb": "\u001b[2Jc" } };
    await writeFile(join(world.cwd, "x.safetensors"), Buffer.concat([...encodeSafetensors(content)]));
    for (const flag of ["", " --json"]) expect(await world.fgkd(`weights inspect x.safetensors${flag}`)).toBe(0);
    expect(world.rawOut).not.toContain("\u001b[2J");
  });
});
