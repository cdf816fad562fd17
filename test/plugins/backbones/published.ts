/** The public networks' weights: names, shapes and number, as PyTorch's own libraries list them. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Backbones, Model } from "../../../core/index.js";
import { create, sharing } from "./building.js";

/**
 * Expects that a network for 1000 classes has the weights of its public twin.
 *
 * @returns the network, and its trained weights in the order of the public one
 */
export function expectPublished(name: keyof Backbones): { readonly model: Model; readonly weights: readonly string[] } {
  const file = new URL(`../../golden/state-dicts/${name}.json`, import.meta.url);
  const { tensors, parameters } = JSON.parse(readFileSync(file, "utf8"));
  const weights = Object.keys(tensors).filter((weight) => !/running|num_batches/.test(weight));
  const model = create(name, {}, 1000, sharing);
  expect(Object.fromEntries(model.parameters.shapes)).toEqual(tensors);
  expect([...model.parameters.trained.keys()].sort()).toEqual(weights.toSorted());
  expect(model.parameters.size).toBe(parameters);
  return { model, weights };
}
