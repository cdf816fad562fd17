/** What recipes of a preset switch: by its settings, and by the table of its paper's page. */
import { type Config, configurePreset, type Preset, presetLayers, resolveConfig } from "../../core/index.js";
import { composeStage } from "./preset-stages.js";

const recipes = ["settled", "paper-text", "official-code"] as const;

/** A setting as JSON, by its path as `fgkd config` has it; of options that nobody set, the default. At paper scale. */
type Values = ReadonlyMap<string, string>;

/** Every setting of the run, of its stages where it is another there, and every option of what they list. */
function valuesOf(given: Preset, recipe: string): Values {
  const layer = { origin: "test", config: { options: { [given.name]: { recipe } } } as Config };
  const preset = configurePreset(given, [layer]);
  const layers = [...presetLayers(preset), { origin: "paper", config: preset.scales?.paper ?? {} }];
  const { run, stages } = resolveConfig(Object.keys(preset.stages), layers);
  const general = new Map(leaves(run));
  const found = new Map(general);
  for (const [stage, { models: _, augmenters, teachers, losses, ...settings }] of Object.entries(stages)) {
    for (const [path, value] of leaves(settings))
      if (general.get(path) !== value) found.set(`stages.${stage}.${path}`, value);
    const { chosen, plugins } = composeStage(preset, stage);
    for (const { name, options = {} } of [...chosen, ...plugins])
      for (const [path, value] of leaves(options)) found.set(`stages.${stage}.options.${name}.${path}`, value);
  }
  return found;
}

/** By path: what each recipe says, where they do not all say the same; `–` where one says nothing. */
export function switchedBy(preset: Preset): Readonly<Record<string, readonly string[]>> {
  const all = recipes.map((recipe) => valuesOf(preset, recipe));
  const paths = [...new Set(all.flatMap((values) => [...values.keys()]))];
  const rows = paths.map((path) => [path, all.map((values) => values.get(path) ?? "–")] as const);
  return Object.fromEntries(rows.filter(([, values]) => new Set(values).size > 1));
}

/** The same as a page says it: rows of a table whose second column is a setting and the next three are values; what begins with a dash is none. */
export function switchedOn(page: string): Readonly<Record<string, readonly string[]>> {
  const rows = page.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    const paths = [...(cells[2] ?? "").matchAll(/`([^`-][^`]*)`/g)].map(([, path]) => path as string);
    if (cells.length !== 7 || paths.length === 0) return [];
    const values = cells.slice(3, 6).map((cell) => cell.replaceAll("`", ""));
    return paths.map((path) => [path, values] as const);
  });
  return Object.fromEntries(rows);
}

function leaves(value: object, prefix = ""): readonly (readonly [path: string, value: string])[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = `${prefix}${key}`;
    const isOpen = typeof inner === "object" && inner !== null && !Array.isArray(inner);
    return isOpen ? leaves(inner, `${path}.`) : [[path, JSON.stringify(inner)] as const];
  });
}
