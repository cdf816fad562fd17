/** The models of a run, by role: built on first use, shared by its stages. */

import type * as tf from "@tensorflow/tfjs";
import type { ModelSettings } from "../config/model-settings.js";
import type { Mode, Model, Models, Role, Want } from "../models/model.js";
import type { Parameters } from "../models/parameters.js";
import { classesInWeights } from "../models/weights.js";
import { antialiasedResize } from "../ops/resize.js";
import { duplicateName, unknownName } from "../values/errors.js";
import { checkName } from "../values/names.js";
import type { Batch, Outputs } from "../values/records.js";

/** What `createModels` needs to make a model: the registry and the loader of weights, both of the run. */
export interface ModelFactory {
  create(role: Role, settings: ModelSettings): Model;
  /** Loads `settings.weights`; returns the names that it filled. */
  load(role: Role, model: Model, file: string): ReadonlySet<string>;
}

export interface OwnedModels extends Models {
  dispose(): void;
}

export function createModels(settings: Readonly<Record<string, ModelSettings>>, factory: ModelFactory): OwnedModels {
  const models = new Map<Role, { readonly model: Model; readonly pretrained: ReadonlySet<string> }>();
  const build = (role: Role) => {
    const chosen = Object.hasOwn(settings, role) ? settings[role] : undefined;
    if (!chosen) throw unknownName("model role", role, Object.keys(settings));
    const bare = factory.create(role, chosen);
    const pretrained = chosen.weights ? factory.load(role, bare, chosen.weights) : new Set<string>();
    const entry = { model: chosen.inputSize ? atResolution(bare, chosen.inputSize) : bare, pretrained };
    models.set(role, entry);
    return entry;
  };
  const views = new Map<string, Model>();
  const view = (key: string) => {
    const found = views.get(key);
    if (!found) throw unknownName("view of a model", key, [...views.keys()]);
    return found;
  };
  const get = (role: Role) => (models.get(role) ?? build(role)).model;
  return {
    get: (role) => (role.includes("@") ? view(role) : get(role)),
    view: (role, name) => view(`${role}@${name}`),
    addView: (role, name) => {
      checkName("view of a model", name);
      const key = `${role}@${name}`;
      // Its file would have the name of that role's.
      if (Object.hasOwn(settings, `${role}-${name}`)) throw duplicateName("model role", `${role}-${name}`);
      const added = views.get(key) ?? withWeights(get(role), get(role).parameters.twin());
      views.set(key, added);
      return added;
    },
    get built() {
      return [...models.keys(), ...views.keys()];
    },
    isPretrained: (role, parameter) => models.get(role)?.pretrained.has(parameter) ?? false,
    dispose: () => {
      for (const { parameters } of [...views.values(), ...[...models.values()].map(({ model }) => model)])
        parameters.dispose();
      models.clear();
      views.clear();
    },
  };
}

/** The model's layers with the weights of a twin. */
function withWeights(model: Model, parameters: Parameters): Model {
  const names = new Map([...model.parameters.variables].map(([name, variable]) => [variable as tf.Tensor, name]));
  // A twin has the same names, and so the same shapes.
  const twinOf = <T extends tf.Tensor>(own: T) => parameters.variables.get(names.get(own) ?? "") as tf.Tensor as T;
  const { weight, bias } = model.classifier ?? {};
  return {
    ...model,
    parameters,
    ...(weight && { classifier: { weight: twinOf(weight), ...(bias && { bias: twinOf(bias) }) } }),
    forward: (...given) => model.parameters.lend(parameters, () => model.forward(...given)),
  };
}

/** The model behind a reduction of its images to `size` × `size`: the same operation in training and in tests. */
function atResolution(model: Model, size: number): Model {
  const reduce = (images: tf.Tensor4D) =>
    images.shape[1] === size && images.shape[2] === size ? images : antialiasedResize(images, [size, size]);
  return {
    ...model,
    forward: (batch: Batch, mode: Mode, want?: Want): Outputs =>
      model.forward(batch.images ? { ...batch, images: reduce(batch.images) } : batch, mode, want),
  };
}

/** Where no data names the classes, a model's file may. */
export function classesOf(models: Readonly<Record<string, ModelSettings>>): readonly string[] {
  for (const { weights } of Object.values(models)) {
    const classes = weights && classesInWeights(weights);
    if (classes) return classes;
  }
  return [];
}
