/** Typed registries: which backbone, augmenter, loss, … a name stands for; one level a run, one below it a stage. */
import type { PublicWeights } from "../models/public-weights.js";
import { duplicateName, invalidOption, unknownName } from "../values/errors.js";
import { resolveOptions } from "../values/options.js";
import type { OptionsSchema } from "../values/schema.js";
import type { Container } from "./container.js";
import type { Choice, Entry, EntryClass, Foreseen, Needs } from "./entry.js";
import { guarded } from "./guarded.js";
import type { Services } from "./services.js";

type Name<Entries> = keyof Entries & string;
type OptionsArgument<Options> = {} extends Options ? [options?: Options] : [options: Options];

/** An entry as a line of config chose it, before anything is made. */
export interface Chosen {
  readonly options: Readonly<Record<string, unknown>>;
  readonly needs: Needs;
  readonly provides: readonly string[];
  /** What it says of the models of the run before its first stage. @throws what it refuses */
  foresee(models: Foreseen): string | undefined;
}

/** A typed face over a container: no duplicates, known names in every error. */
export interface Registry<Entries, Product> {
  readonly names: readonly string[];
  /** The same entry twice is once. @throws FGKD_DUPLICATE_NAME */
  register<N extends Name<Entries>>(name: N, entry: Entry<Entries[N], Product>): void;
  /** @throws FGKD_DUPLICATE_NAME */
  registerClass<N extends Name<Entries>>(name: N, factory: EntryClass<Entries[N], Product>): void;
  /** @throws FGKD_UNKNOWN_NAME, FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION */
  create<N extends Name<Entries>>(name: N, ...options: OptionsArgument<Entries[N]>): Product;
  /** The entry that a line of config chooses; `purpose` names its random stream where the entry's name will not do. */
  choose(choice: Choice<Entries> | { readonly name: string }, purpose?: string): Product;
  /** What `choose` would make it with, and what it depends on. Makes nothing. @throws as `choose` does */
  look(choice: Choice<Entries> | { readonly name: string }): Chosen;
  /** The options that an entry knows. @throws FGKD_UNKNOWN_NAME */
  optionsOf(name: string): readonly string[];
  /** What its options may be, where the entry says so with `describeOptions`. @throws FGKD_UNKNOWN_NAME */
  schemaOf(name: string): OptionsSchema | undefined;
  /** The weights that an entry lists; others than backbones have none. @throws FGKD_UNKNOWN_NAME */
  publicWeights(name: string): readonly PublicWeights[];
  /** The fields of the batch that an entry sets. @throws FGKD_UNKNOWN_NAME */
  provides(name: string): readonly string[];
}

/** Where a registry stands: in a run, or in one of its stages. */
export interface Level {
  readonly container: Container;
  readonly services: Services;
  /** Begins the names of random streams: the stage's name, or `run`. */
  readonly owner: string;
  /** What a stage gives its entries beside the services. */
  readonly context?: () => object;
}

/** The registry that a stage's is below, and who may add to it. */
export interface Above<Entries, Product> {
  readonly registry: Registry<Entries, Product>;
  /**
   * Present where what a stage registers is the whole run's: the names that stages have brought so far. Each stage applies
   * the same plugins, so each may bring the same names.
   */
  readonly fromStages?: Set<string>;
}

/**
 * The registry of one kind ("backbone", "loss", …).
 *
 * @param beside what a line of config that chooses an entry says beside the entry's options
 */
export function createRegistry<Entries, Product>(
  kind: string,
  { container, services, owner, context }: Level,
  beside: readonly string[] = [],
  above?: Above<Entries, Product>,
): Registry<Entries, Product> {
  const own: string[] = [];
  const token = (name: string) => `${kind}:${name}`;
  const names = () => [
    ...(above?.registry.names ?? []),
    ...own.filter((name) => !above?.registry.names.includes(name)),
  ];
  /** Where an entry of that name belongs; `null` when another stage has brought it already. */
  const claim = (name: string): Registry<Entries, Product> | "here" | null => {
    const isAbove = above?.registry.names.includes(name) ?? false;
    if (own.includes(name) || (isAbove && !above?.fromStages?.has(name))) throw duplicateName(kind, name);
    own.push(name);
    if (!above?.fromStages) return "here";
    if (isAbove) return null;
    above.fromStages.add(name);
    services.logger.warn(`${kind} "${name}" is registered in apply(); register it in register(run), once per run.`);
    return above.registry;
  };
  const find = (name: string) => {
    if (!names().includes(name)) throw unknownName(kind, name, names());
    return container.resolve<Entry<Record<string, unknown>, Product>>(token(name));
  };
  const open = (name: string, given: Readonly<Record<string, unknown>>, others: readonly string[]) => {
    const entry = find(name);
    const who = `${kind} ${name}`;
    const options = resolveOptions(who, { ...entry.defaults, ...blank(entry.required) }, given, others);
    for (const key of entry.required ?? []) {
      if (options[key] === undefined) throw invalidOption(who, key, "given", undefined, "It has no default.");
    }
    guarded(who, "check", () => entry.check?.(options));
    return { entry, options, who };
  };
  const build = (
    name: string,
    given: Readonly<Record<string, unknown>>,
    purpose = `${owner}/${kind}/${name}`,
    others: readonly string[] = [],
  ): Product => {
    const { entry, options, who } = open(name, given, others);
    const stream = services.random.stream(purpose);
    return guarded(who, "create", () => entry.create(options, { ...services, ...context?.(), stream }));
  };
  return {
    get names() {
      return names();
    },
    register: (name, entry) => {
      if (names().includes(name) && find(name) === (entry as unknown)) return;
      const place = claim(name);
      if (place === "here") container.registerValue(token(name), entry);
      else place?.register(name, entry);
    },
    registerClass: (name, factory) => {
      const place = claim(name);
      if (place === "here") container.registerClass(token(name), factory);
      else place?.registerClass(name, factory);
    },
    create: (name, ...[options]) => build(name, (options ?? {}) as Readonly<Record<string, unknown>>),
    choose: (choice, purpose) => {
      const { name, ...options } = choice as { readonly name: string };
      return build(name, options, purpose, beside);
    },
    look: (choice) => {
      const { name, ...given } = choice as { readonly name: string };
      const { entry, options, who } = open(name, given, beside);
      const needs = guarded(who, "needs", () => entry.needs?.(options) ?? {});
      const foresee = (models: Foreseen) => guarded(who, "foresee", () => entry.foresee?.(options, models));
      return { options, needs, provides: entry.provides ?? [], foresee };
    },
    schemaOf: (name) => find(name).schema,
    publicWeights: (name) => find(name).publicWeights ?? [],
    provides: (name) => find(name).provides ?? [],
    optionsOf: (name) => {
      const { defaults, required = [] } = find(name);
      return [...Object.keys(defaults), ...required];
    },
  };
}

function blank(keys: readonly string[] = []): Record<string, undefined> {
  return Object.fromEntries(keys.map((key) => [key, undefined]));
}
