/** The models of a run, by role: built on first use, shared by its stages. */

import type * as tf from "@tensorflow/tfjs";
import type { ModelSettings } from "../config/model-settings.js";
import type { Mode, Model, Models, Role, Want } from "../models/model.js";
import { antialiasedResize } from "../ops/resize.js";
import { unknownName } from "../values/errors.js";
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
  return {
    get: (role) => (models.get(role) ?? build(role)).model,
    get built() {
      return [...models.keys()];
    },
    isPretrained: (role, parameter) => models.get(role)?.pretrained.has(parameter) ?? false,
    dispose: () => {
      for (const { model } of models.values()) model.parameters.dispose();
      models.clear();
    },
  };
}

/** The model behind a reduction of its images to `size` × `size`: the same operation in training and in tests. */
function atResolution(model: Model, size: number): Model {
  const reduce = (images: tf.Tensor4D) =>
    images.shape[1] === size && images.shape[2] === size ? images : antialiasedResize(images, [size, size]);
  return {
    parameters: model.parameters,
    ...(model.classifier && { classifier: model.classifier }),
    ...(model.maps && { maps: model.maps }),
    forward: (batch: Batch, mode: Mode, want?: Want): Outputs =>
      model.forward(batch.images ? { ...batch, images: reduce(batch.images) } : batch, mode, want),
  };
}
