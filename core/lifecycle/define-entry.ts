/** Losses, augmenters and teachers in parts: one definition is an entry that config may choose, and a plugin to list. */
import type { Augmenter, Entry, FactoryContext, Foreseen, Loss, Needs, Teacher } from "../registries/entry.js";
import type { Registry } from "../registries/registry.js";
import { resolveOptions } from "../values/options.js";
import type { Batch } from "../values/records.js";
import type { OptionsSchema } from "../values/schema.js";
import { checkTermWeight, lossEntry, purposeOf, tapBatch, tapLoss } from "./lists.js";
import type { Plugin, RunScope, Training } from "./training.js";

/** An entry in parts. */
export interface EntryDefinition<Options extends object, Product> {
  /** Kebab-case: how config chooses it. */
  readonly name: string;
  /** One value per option, `null` where there is no default. What is not here is refused. */
  readonly defaults: { readonly [K in keyof Options]-?: Options[K] };
  /** Throws `invalidOption` for values out of range. Called where the entry is listed. */
  check?(options: Required<Options>): void;
  /** Of `describeOptions`, which gives defaults and check too. */
  readonly schema?: OptionsSchema;
  /** What it depends on, with these options, so that what is missing is told before anything runs. */
  needs?(options: Required<Options>): Needs;
  /** Fields of the batch that it sets. */
  readonly provides?: readonly (keyof Batch & string)[];
  /** Looks at the models before the first stage begins: what it throws ends the run then, a sentence that it returns is told. */
  foresee?(options: Required<Options>, models: Foreseen): string | undefined;
  /** Makes it, once per stage and line. What it must do beside, before the first step or after an epoch, it taps here. */
  create(options: Required<Options>, context: StageContext): Product;
}

/** What the factory of an augmenter, a teacher or a loss is given beside its options. */
export interface StageContext extends FactoryContext {
  /** The stage that lists it. */
  readonly training: Training;
}

/**
 * What a definition makes. Called, a plugin that registers the entry and taps it where it is listed; config changes its
 * options by the entry's name.
 */
export interface EntryPlugin<Options> {
  (options?: Options): Plugin;
  /** Registers the entry for config to choose, and taps nothing. */
  readonly registration: Plugin;
}

/** What every loss can be told beside its own options. */
export interface LossLineOptions {
  /** Multiplies the term. Default 1. */
  readonly weight?: number;
}

/**
 * A loss: `losses: [{ name: "focal", gamma: 2, weight: 0.5 }]` in a preset or a configuration file, or `focal({ gamma: 2 })`
 * in a list of plugins. Where the options have a `weight` of their own, the loss applies it itself.
 *
 * @example
 * const focal = defineLoss<{ readonly gamma?: number }>({
 *   name: "focal",
 *   defaults: { gamma: 2 },
 *   needs: () => ({ batch: ["labels"], outputs: ["logits"] }),
 *   create: ({ gamma }) => (outputs, batch) => focalLoss(outputs.logits, batch.labels, gamma),
 * });
 */
export function defineLoss<Options extends object>(
  definition: EntryDefinition<Options, Loss>,
): EntryPlugin<Options & LossLineOptions> {
  const hasOwn = "weight" in definition.defaults;
  return define<Options, Loss, Options & LossLineOptions>(
    definition,
    (run) => run.losses,
    hasOwn ? {} : { weight: 1 },
    (training, options) => {
      const entry = lossEntry(training, definition.name, options);
      tapLoss(training, entry, purposeOf(training.stage, "losses", definition.name));
    },
  );
}

/** An augmenter: `augmenters: [{ name: "cutmix", alpha: 1 }]`, or `cutmix({ alpha: 1 })` in a list of plugins. */
export function defineAugmenter<Options extends object>(definition: EntryDefinition<Options, Augmenter>) {
  return defineForBatches("augmenters", definition);
}

/** What frozen models say of a batch: `teachers: [{ name: "teacher-logits" }]`, or `teacherLogits()` in a list of plugins. */
export function defineTeacher<Options extends object>(definition: EntryDefinition<Options, Teacher>) {
  return defineForBatches("teachers", definition);
}

type Options = Readonly<Record<string, unknown>>;

function defineForBatches<Own extends object>(
  list: "augmenters" | "teachers",
  definition: EntryDefinition<Own, Augmenter | Teacher>,
): EntryPlugin<Own> {
  const { name } = definition;
  const tap = (training: Training, options: Options) =>
    tapBatch(training, { list, name, options }, purposeOf(training.stage, list, name));
  return define(definition, (run) => run[list], {}, tap);
}

function define<Own extends object, Product, Given>(
  { name, defaults, check, schema, needs, provides, foresee, create }: EntryDefinition<Own, Product>,
  registryOf: (run: RunScope) => Registry<never, Product>,
  beside: Options,
  tap: (training: Training, options: Options) => void,
): EntryPlugin<Given> {
  const entry: Entry<Own, Product> = {
    defaults,
    ...(check && { check }),
    ...(schema && { schema }),
    ...(needs && { needs }),
    ...(provides && { provides }),
    ...(foresee && { foresee }),
    // Its registry is a stage's, which adds the training.
    create: (options, context) => create(options, context as StageContext),
  };
  // The name is declared by whoever merges it into an open interface; a registry keeps any.
  const register = (run: RunScope) => registryOf(run).register(name as never, entry as never);
  const plugin = (given: Options): Plugin => {
    const options = resolveOptions<object>(name, { ...defaults, ...beside }, given) as Options;
    check?.(options as Required<Own>);
    if ("weight" in beside) checkTermWeight(name, options.weight);
    const configure = (overrides: Options) => plugin({ ...given, ...overrides });
    return {
      name,
      options,
      configure,
      provides: provides ?? [],
      register,
      apply: (training) => tap(training, options),
    };
  };
  const factory = (options?: Given) => plugin({ ...(options as Options | undefined) });
  return Object.assign(factory, { registration: { name: `${name}-entry`, register } });
}
