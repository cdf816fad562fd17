import { expect, test } from "vitest";
import { encodeSafetensors } from "../../../core/index.js";
import { startHub } from "../../support/local-hub.js";
import { toyModel } from "../../support/toy.js";
import { createWorld } from "./world.js";

test("a reference comes from the hub that the environment names, and the run says which commit it took", async () => {
  const { parameters } = toyModel(new Float32Array(8).fill(0.5));
  const model = Buffer.concat([...encodeSafetensors({ tensors: await parameters.export(), metadata: {} })]);
  parameters.dispose();
  const hub = await startHub({ files: { "timm/linear.tv_in1k": { "model.safetensors": model } } });
  const world = await createWorld({ variables: hub.variables() });
  const line = "--preset toy --engine cpu --out run --set models.student.weights=";
  expect(await world.fgkd(`${line}hf://timm/linear.tv_in1k`), world.err).toBe(0);
  expect(world.err).toMatch(/Fetching hf:\/\/timm\/linear\.tv_in1k@0123.*\/model\.safetensors/);
  expect(await world.fgkd(`${line.replace("run", "other")}hf://timm/linear.tv1`)).toBe(69);
  expect(world.err).toContain("FGKD_HUB hf://timm/linear.tv1: the hub knows no such public repository");
  expect(await world.fgkd("eval run")).toBe(0);
  expect(await world.fgkd(`${line.replace("run", "other")}imagenet`)).toBe(1);
  expect(world.err).toContain('no public weights of backbone toy-linear is registered as "imagenet"');
  expect(await world.fgkd("list weights")).toBe(0);
  expect(world.out).toContain("models.<role>.weights takes such a name");
});
