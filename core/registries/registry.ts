/** Typed registries: which backbone, augmenter, loss, … a name stands for. Names and options live in open interfaces. */

import type * as tf from "@tensorflow/tfjs";
import { duplicateName, invalidOption, unknownName } from "../values/errors.js";
import type { Random } from "../values/random.js";
import type { Batch, Outputs, Step } from "../values/records.js";
import type { Container } from "./container.js";
import { guarded } from "./guarded.js";
import { resolveOptions } from "./options.js";
import type { Services } from "./services.js";

/* Plugins merge `name: Options` into these; re-exported from core/index.ts BY NAME, never by `export *`. */
export interface Backbones {}
export interface Augmenters {}
export interface Losses {}
export interface Ensemblers {}
export interface Optimizers {}
export interface Sources {}
export interface Engines {}

export type Augmenter = (batch: Batch, step: Step) => Batch | Promise<Batch>;
export type Loss = (outputs: Outputs, batch: Batch, step: Step) => tf.Scalar;
/** Merges the members' logits into one prediction, `[batch, classes]` each. */
export type Ensembler = (logits: readonly tf.Tensor2D[]) => tf.Tensor2D;

/** What the factory of a registry entry is given beside its options. */
export interface FactoryContext extends Services {
  /** The stage's stream for this entry: `<stage>/<registry>/<name>`. */
  readonly stream: Random;
}

type Name<Entries> = keyof Entries & string;
type OptionsArgument<Options> = {} extends Options ? [options?: Options] : [options: Options];
type OptionalKeys<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? K : never }[keyof T];

/** How an entry is made: its options' defaults, which are also the list of the options it knows, and its factory. */
export interface Entry<Options, Product> {
  /** One value per optional option; `null` for an optional one without default. */
  readonly defaults: { readonly [K in OptionalKeys<Options>]-?: Options[K] };
  /** The options that must be given. */
  readonly required?: readonly (keyof Options & string)[];
  create(options: Required<Options>, context: FactoryContext): Product;
}

/** For a factory with constructor dependencies, each with an explicit `@inject(TOKEN)`. */
export type EntryClass<Options, Product> = new (...dependencies: never[]) => Entry<Options, Product>;

/** A registered name with its own options: how config refers to an entry, e.g. `{ name: "resnet18", head: "linear" }`. */
export type Choice<Entries> = { [N in Name<Entries>]: { readonly name: N } & Readonly<Entries[N]> }[Name<Entries>];

/** A typed face over the stage's container: no duplicates, known names in every error. */
export interface Registry<Entries, Product> {
  readonly names: readonly string[];
  /** @throws FGKD_DUPLICATE_NAME */
  register<N extends Name<Entries>>(name: N, entry: Entry<Entries[N], Product>): void;
  /** @throws FGKD_DUPLICATE_NAME */
  registerClass<N extends Name<Entries>>(name: N, factory: EntryClass<Entries[N], Product>): void;
  /** @throws FGKD_UNKNOWN_NAME, FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION */
  create<N extends Name<Entries>>(name: N, ...options: OptionsArgument<Entries[N]>): Product;
  /** The entry that a line of config chooses; `purpose` names its random stream where the entry's name will not do. */
  choose(choice: Choice<Entries> | { readonly name: string }, purpose?: string): Product;
}

/**
 * The registry of one kind ("backbone", "loss", …) in a stage's container.
 *
 * @param beside what a line of config that chooses an entry says beside the entry's options
 */
export function createRegistry<Entries, Product>(
  kind: string,
  container: Container,
  services: Services,
  stage: string,
  beside: readonly string[] = [],
): Registry<Entries, Product> {
  const names: string[] = [];
  const token = (name: string) => `${kind}:${name}`;
  const claim = (name: string) => {
    if (container.has(token(name))) throw duplicateName(kind, name);
    names.push(name);
  };
  const build = (
    name: string,
    options: Readonly<Record<string, unknown>>,
    purpose = `${stage}/${kind}/${name}`,
    others: readonly string[] = [],
  ): Product => {
    if (!container.has(token(name))) throw unknownName(kind, name, names);
    const entry = container.resolve<Entry<Record<string, unknown>, Product>>(token(name));
    const owner = `${kind} ${name}`;
    const resolved = resolveOptions(owner, { ...entry.defaults, ...blank(entry.required) }, options, others);
    for (const key of entry.required ?? []) {
      if (resolved[key] === undefined) throw invalidOption(owner, key, "given", undefined, "It has no default.");
    }
    const stream = services.random.stream(purpose);
    return guarded(owner, "create", () => entry.create(resolved, { ...services, stream }));
  };
  return {
    names,
    register: (name, entry) => {
      claim(name);
      container.registerValue(token(name), entry);
    },
    registerClass: (name, factory) => {
      claim(name);
      container.registerClass(token(name), factory);
    },
    create: (name, ...[options]) => build(name, (options ?? {}) as Readonly<Record<string, unknown>>),
    choose: (choice, purpose) => {
      const { name, ...options } = choice as { readonly name: string };
      return build(name, options, purpose, beside);
    },
  };
}

function blank(keys: readonly string[] = []): Record<string, undefined> {
  return Object.fromEntries(keys.map((key) => [key, undefined]));
}
