/** Every backbone under its public name and at its published size, exported to ONNX and asked about a hundred real photographs. */
import { beforeAll, describe, expect, test } from "vitest";
import { training } from "../../plugins/backbones/building.js";
import { hasOnednn, startEngine } from "../../support/engines.js";
import { isHere } from "../../support/required.js";
import { exportedOn, kinds, lacksPhotographs, photographs, quick, sideOf } from "./photographs.js";

beforeAll(() => startEngine(hasOnednn ? "onednn" : "wasm"));

/** `FGKD_NAMES=resnet50,vgg16` takes these alone. */
const wanted = process.env.FGKD_NAMES?.split(",");

/** Those that have a size of their own, as a number or a word: other networks of a family are options of it, and generators see no images. */
const names = training(2)
  .backbones.names.filter((name) => /[\d_]/.test(name))
  .filter((name) => wanted?.includes(name) ?? true);

describe.skipIf(!isHere("exports on photographs", lacksPhotographs))(
  "an export to ONNX (skipped without ../shared)",
  () => {
    test.each(names)("of %s answers 100 photographs as fgkd does", { timeout: 7_200_000 }, async (name) => {
      const model = training(kinds.length, quick).backbones.choose({ name });
      const images = photographs;
      const seen = await exportedOn(model, { backbone: { name }, side: sideOf(name), classes: kinds, images });
      process.stdout.write(
        `${name}: ${seen.relative.toExponential(1)} of the logits' scale; spread ${seen.spread.toFixed(3)}\n`,
      );
      expect(seen.images).toBe(100);
      expect(seen.relative).toBeLessThan(1e-4);
      expect(seen.spread).toBeGreaterThan(0.01);
    });
  },
);
