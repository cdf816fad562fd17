/** The models of a run, by role: built on first use, shared by its stages. */
import type * as tf from "@tensorflow/tfjs";
import type { ModelSettings } from "../config/model-settings.js";
import type { FileInput } from "../models/description.js";
import { cropFor, cropWarnings } from "../models/file-crop.js";
import { resolveInput, withInput } from "../models/input.js";
import { inputNotes, inputWarnings } from "../models/input-words.js";
import type { Model, ModelInput, Models, Role } from "../models/model.js";
import { type Parameters, withValuesLater } from "../models/parameters.js";
import { repeating } from "../passes/repeating.js";
import { duplicateName, unknownName } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import type { NamedArray } from "../values/named-array.js";
import { checkName } from "../values/names.js";
import type { Homes } from "./inputs.js";

/** What `createModels` needs to make a model: the registry and the loader of weights, both of the run. */
export interface ModelFactory {
  create(role: Role, settings: ModelSettings): Model;
  /** Where the weights of a role are that its settings speak of; `undefined` where they speak of none. */
  fileOf(role: Role): string | undefined;
  /** Loads such a file; returns the names that it filled. */
  load(role: Role, model: Model, file: string): ReadonlySet<string>;
  /** What such a file says of the input. */
  inputIn(file: string): FileInput | undefined;
  readonly homes: Homes;
  /** Default: nobody is told. */
  readonly logger?: Logger;
  /** Refuses a model that nothing trains and that has no weights. Default: none is refused. */
  refuseUntrained?(role: Role, model: Model): void;
}

export interface OwnedModels extends Models {
  /** Puts back what a checkpoint holds of a role. */
  restore(role: Role, arrays: ReadonlyMap<string, NamedArray>, input: ModelInput | undefined): void;
  dispose(): void;
}

interface Built {
  readonly model: Model;
  readonly pretrained: ReadonlySet<string>;
  restoreInput(saved: ModelInput): void;
}

export function createModels(settings: Readonly<Record<string, ModelSettings>>, factory: ModelFactory): OwnedModels {
  const models = new Map<Role, Built>();
  /** @param isFilled whether its weights are about to be put in */
  const build = (role: Role, isFilled = false): Built => {
    const chosen = Object.hasOwn(settings, role) ? settings[role] : undefined;
    if (!chosen) throw unknownName("model role", role, Object.keys(settings));
    const file = factory.fileOf(role);
    const create = () => factory.create(role, chosen);
    const bare = file === undefined && !isFilled ? create() : withValuesLater(create);
    if (file === undefined && !isFilled) factory.refuseUntrained?.(role, bare);
    const pretrained = file === undefined ? new Set<string>() : factory.load(role, bare, file);
    if (!isFilled) bare.parameters.drawRest();
    const { input, restore } = inputOf(role, chosen, bare, factory);
    const entry = { model: withInput(role, repeating(bare), input), pretrained, restoreInput: restore };
    models.set(role, entry);
    return entry;
  };
  const get = (role: Role) => models.get(role) ?? build(role);
  const views = new Map<string, Model>();
  const view = (key: string) => {
    const found = views.get(key);
    if (!found) throw unknownName("view of a model", key, [...views.keys()]);
    return found;
  };
  const addView = (role: Role, name: string) => {
    checkName("view of a model", name);
    const key = `${role}@${name}`;
    // Its file would have the name of that role's.
    if (Object.hasOwn(settings, `${role}-${name}`)) throw duplicateName("model role", `${role}-${name}`);
    const { model } = get(role);
    const added = views.get(key) ?? withWeights(model, model.parameters.twin());
    views.set(key, added);
    return added;
  };
  return {
    get: (role) => (role.includes("@") ? view(role) : get(role).model),
    view: (role, name) => view(`${role}@${name}`),
    addView,
    get built() {
      return [...models.keys(), ...views.keys()];
    },
    isPretrained: (role, parameter) => models.get(role)?.pretrained.has(parameter) ?? false,
    restore: (name, arrays, input) => {
      const [role = name, ofView] = name.split("@");
      if (ofView !== undefined) addView(role, ofView).parameters.import(arrays);
      else {
        const { model, restoreInput } = models.get(role) ?? build(role, true);
        model.parameters.import(arrays);
        model.parameters.drawRest();
        if (input) restoreInput(input);
      }
    },
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
    // A resumed run may bring another.
    get input() {
      return model.input;
    },
    parameters,
    ...(weight && { classifier: { weight: twinOf(weight), ...(bias && { bias: twinOf(bias) }) } }),
    forward: (...given) => model.parameters.lend(parameters, () => model.forward(...given)),
  };
}

/** Settings count most, then how the model is made, then what its weights came with, then the stage it is from. */
function inputOf(role: Role, { input, weights }: ModelSettings, { makes }: Model, factory: ModelFactory) {
  const { fileOf, inputIn, homes, logger } = factory;
  const path = fileOf(role);
  const file = path === undefined ? undefined : inputIn(path);
  const home = homes.of(role);
  // A model that is trained here learns the size, and the part of pictures, that its stage has.
  const fromFile =
    file && (homes.isTrained(role) ? { ...file, size: undefined } : { ...file, crop: cropFor(file, home) });
  if (weights && !makes) {
    const said = { settings: input, file: fromFile, home: { ...home, size: home.crop } };
    for (const words of inputWarnings(role, weights, said)) logger?.warn(words);
    // One that is trained learns what it gets.
    if (!homes.isTrained(role)) for (const words of inputNotes(role, weights, said)) logger?.info(words);
    if (file && !homes.isTrained(role) && input?.crop === undefined)
      for (const words of cropWarnings(role, weights, file, home)) logger?.warn(words);
  }
  const construction = makes && { mean: makes.mean, deviation: makes.deviation };
  const resolve = (saved?: ModelInput) => resolveInput([input, construction, saved, fromFile], home);
  let current = resolve();
  return {
    input: () => current,
    restore: (saved: ModelInput) => {
      current = resolve(saved);
    },
  };
}
