/** The reference page of options, written from the schemas of the registered entries, plugins and presets. */
import { z } from "zod";
import { createTraining, flattenPlugins, type OptionsSchema, type Registries } from "../../core/index.js";
import { rangeOf } from "../../core/values/range.js";
import * as shipped from "../../plugins/index.js";
import * as presets from "../../presets/index.js";

const kinds = [
  "backbones",
  "augmenters",
  "teachers",
  "losses",
  "ensemblers",
  "optimizers",
  "schedules",
  "groups",
  "metrics",
  "transforms",
  "sources",
  "engines",
] as const satisfies readonly (keyof Registries)[];

/** Plugins with options of their own that are no entries, as presets list them. */
const plugins = [
  shipped.averagedWeights(),
  shipped.csvLog(),
  shipped.endAfter(),
  shipped.ensembleMetrics(),
  shipped.generatedImages(),
  shipped.generatorHealth(),
  shipped.noise(),
  shipped.tensorboard(),
];

const head = `# Options

What the registered names of [the registries](registries.md), plugins and presets can be told, as they say it themselves
(\`describeOptions\`): a value that is not in the range is refused with [FGKD_INVALID_OPTION](errors.md#fgkd_invalid_option), an
option that is not here with [FGKD_UNKNOWN_OPTION](errors.md#fgkd_unknown_option). \`fgkd config --json-schema\` gives editors the same.
This page is written by \`npm run options\`.
`;

/** The whole page. */
export function renderOptionsPage(): string {
  const registries = createTraining({ plugins: [shipped.catalogue()] });
  const sections = kinds.flatMap((kind) => {
    const registry = registries[kind];
    const tables = byTable(registry.names.map((name) => [name, registry.schemaOf(name)]));
    return tables.length > 0 ? [`## ${kind}`, ...tables] : [];
  });
  const own = byTable(flattenPlugins(plugins).map(({ name, schema }) => [name, schema]));
  // The order of a module's exports depends on who loads it.
  const sorted = Object.values(presets).sort((a, b) => (a.name < b.name ? -1 : 1));
  const methods = byTable(sorted.map(({ name, schema }) => [name, schema]));
  return [head, ...sections, "## plugins", ...own, "## presets", ...methods]
    .join("\n\n")
    .replace(/\n{3,}/g, "\n\n")
    .concat("\n");
}

/** One table for all names that take the same options. */
function byTable(named: readonly (readonly [string, OptionsSchema | undefined])[]): readonly string[] {
  const tables = new Map<string, string[]>();
  for (const [name, schema] of named) {
    if (!schema || Object.keys(schema.shape).length === 0) continue;
    const table = tableOf(schema);
    tables.set(table, [...(tables.get(table) ?? []), name]);
  }
  return [...tables].flatMap(([table, names]) => [`### ${names.map((name) => `\`${name}\``).join(", ")}`, table]);
}

function tableOf(schema: OptionsSchema): string {
  const rows = Object.entries(schema.shape).map(([option, type]) => {
    const parsed = z.safeParse(type, undefined);
    const fallback =
      parsed.success && z.safeParse(type, parsed.data).success ? `\`${JSON.stringify(parsed.data)}\`` : "must be given";
    const { description = "" } = z.globalRegistry.get(type) ?? {};
    return `| \`${option}\` | ${rangeOf(type)} | ${fallback} | ${description} |`;
  });
  return ["| option | what it may be | default | what it does |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
