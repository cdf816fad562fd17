/** The models of a run, by role: built on first use, shared by its stages. */
import type * as tf from "@tensorflow/tfjs";
import { unknownName } from "./errors.js";
import type { Mode, Model, Want } from "./model.js";
import { antialiasedResize } from "./ops/resize.js";
import type { Backbones, Choice } from "./registry.js";
import type { Batch, Outputs } from "./types.js";

/** `student`, `teacher`, `generator`, `member-1`, … */
export type Role = "student" | "teacher" | "generator" | (string & {});

/** The model that plays a role. */
export interface ModelSettings {
  readonly backbone: Choice<Backbones>;
  /**
   * The side, in pixels, that images are reduced to (antialiased bilinear) before this model sees them. Default `null`:
   * as they come. A low-resolution student beside a high-resolution teacher is this number.
   */
  readonly inputSize?: number | null;
  /** A safetensors file with public weight names. Default `null`: from scratch. */
  readonly weights?: string | null;
}

/** Run-scoped: a teacher trained in one stage is the same object in the next. */
export interface Models {
  /** @throws FGKD_UNKNOWN_NAME for a role that the config does not have */
  get(role: Role): Model;
  /** Roles built so far. */
  readonly built: readonly Role[];
  /** Whether a variable was filled from `weights` (a pretrained trunk) or is new. */
  isPretrained(role: Role, parameter: string): boolean;
}

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
    forward: (batch: Batch, mode: Mode, want?: Want): Outputs =>
      model.forward(batch.images ? { ...batch, images: reduce(batch.images) } : batch, mode, want),
  };
}
