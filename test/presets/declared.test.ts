/** What fgkd declares for editors is what it has: the compiler holds these tables to the declarations, the tests to the code. */
import { expect, test } from "vitest";
import { flattenPlugins, type Plugin, type Plugins, type Preset, type Presets } from "../../core/index.js";
import * as plugins from "../../plugins/index.js";
import * as shipped from "../../presets/index.js";

/** What strangers bring in the tests of types is merged into the same interfaces. */
type Own<Interface> = Exclude<keyof Interface, `types-${string}`>;
type Keys<Names extends PropertyKey> = Readonly<Record<Names, true>>;

const taught = { stages: { teacher: true, student: true }, roles: { teacher: true, student: true } } as const;
const alone = { stages: { student: true }, roles: taught.roles } as const;
const dataFree = {
  stages: { teacher: true, warmup: true, generator: true, student: true },
  roles: { teacher: true, generator: true, student: true },
} as const;
const five = { "member-1": true, "member-2": true, "member-3": true, "member-4": true, "member-5": true } as const;
const members = { stages: five, roles: five } as const;
const dadkd = { teacher: true, baseline: true, student: true } as const;

const declaredPresets: {
  readonly [N in Own<Presets>]: {
    readonly stages: Keys<Presets[N]["stages"]>;
    readonly roles: Keys<Presets[N]["roles"]>;
  };
} = {
  baseline: alone,
  cmi: dataFree,
  dadkd: { stages: dadkd, roles: dadkd },
  dafl: dataFree,
  "deit-convnext": { stages: { teacher: true, alone: true, student: true }, roles: taught.roles },
  dfad: dataFree,
  "dfkd-generator": dataFree,
  dfq: dataFree,
  dkd: taught,
  ensemble: members,
  kd: taught,
  "or-ensemble": members,
  snapmix: alone,
  zskt: dataFree,
};

const declaredPlugins: { readonly [N in Own<Plugins>]: Keys<keyof Plugins[N]> } = {
  "averaged-weights": { decay: true, warmup: true, view: true },
  "csv-log": { folder: true },
  "end-after": { epochs: true },
  "ensemble-metrics": { members: true, ensembler: true, validation: true },
  "generated-images": { generator: true, generatorMode: true },
  "generator-health": { every: true, generator: true, teacher: true, student: true },
  noise: { size: true, hold: true, labels: true },
  tensorboard: { folder: true },
};

const presets: readonly Preset[] = Object.values(shipped);
const sorted = (names: object) => Object.keys(names).sort();

test("every preset is declared, and no other", () => {
  expect(sorted(declaredPresets)).toEqual(presets.map(({ name }) => name).sort());
});

test.each(presets)("the stages and roles that are declared of $name are those that it has", (preset) => {
  const declared = declaredPresets[preset.name as Own<Presets>];
  expect(sorted(declared.stages)).toEqual(sorted(preset.stages));
  expect(sorted(declared.roles)).toEqual(sorted(preset.defaults.models ?? {}));
});

test("every plugin with options is declared with them, where no registry's interface does it", () => {
  const factories = Object.values(plugins).filter((value) => typeof value === "function" && value.length <= 1);
  // An entry's registry declares its options.
  const own = factories
    .filter((factory) => !("registration" in factory))
    .flatMap((factory) => flattenPlugins(pluginOf(factory as () => unknown)));
  const optionsOf = own
    .filter(({ options = {} }) => Object.keys(options).length > 0)
    .map(({ name, options = {} }) => [name, sorted(options)] as const);
  const declared = Object.entries(declaredPlugins).map(([name, options]) => [name, sorted(options)]);
  expect(Object.fromEntries(optionsOf)).toEqual(Object.fromEntries(declared));
});

/** What is no factory of plugins wants arguments, or makes something else. */
function pluginOf(factory: () => unknown): Plugin | null {
  try {
    const made = factory();
    // It wanted arguments.
    if (made instanceof Promise) made.catch(() => {});
    return typeof made === "object" && made !== null && "name" in made && "options" in made ? (made as Plugin) : null;
  } catch {
    return null;
  }
}
