/** Presets come from files that anybody wrote: what they must be is checked where they enter. */
import { invalidConfig, unknownName } from "../values/errors.js";
import { checkName, checkNames } from "../values/names.js";
import { isRecord } from "../values/unknown.js";
import { show } from "../values/words.js";
import type { Preset } from "./preset.js";

const longestName = 64;

/**
 * Refuses what only looks like a preset.
 *
 * @throws FGKD_INVALID_CONFIG, FGKD_INVALID_NAME, FGKD_UNKNOWN_NAME (a stage whose batches another shall have)
 */
export function checkPreset(preset: Preset): void {
  const {
    name,
    plugins,
    stages,
    defaults,
    scales,
    sets,
    schedule,
    pretrained = [],
  } = preset as { readonly [K in keyof Preset]: unknown };
  if (typeof name !== "string" || name === "" || name.length > longestName)
    throw invalidConfig("preset", `its name is ${show(name)}`, `Give it a name of 1 to ${longestName} characters.`);
  const need = (holds: boolean, what: string, remedy: string) => {
    if (!holds) throw invalidConfig(`preset ${name}`, what, remedy);
  };
  need(Array.isArray(plugins), "its plugins are no list", "Write plugins: [ … ].");
  need(
    isRecord(stages) && Object.keys(stages).length > 0,
    "it has no stages",
    "Write stages: { student: { trains: … } }.",
  );
  need(isRecord(defaults), "it has no defaults", "Write defaults: {} when there are none.");
  need(scales === undefined || isRecord(scales), "its scales are no object", "Write scales: { demo: { … } }.");
  need(sets === undefined || isRecord(sets), "its sets are no object", "Write sets: { cub: { … } }.");
  need(Array.isArray(pretrained), "its pretrained roles are no list", 'Write pretrained: ["student"].');
  need(schedule === undefined || typeof schedule === "function", "its schedule is no function", "See write a preset.");
  // An object, as was seen just now.
  const entries = Object.entries(stages as Readonly<Record<string, unknown>>);
  checkNames(
    "stage",
    entries.map(([stage]) => stage),
  );
  for (const [stage, value] of entries) {
    const { trains, plugins: own, settings, batchesOf } = isRecord(value) ? value : {};
    need(typeof trains === "string", `stage "${stage}" trains ${show(trains)}`, 'Name the role: trains: "student".');
    need(
      own === undefined || Array.isArray(own),
      `the plugins of stage "${stage}" are no list`,
      "Write plugins: [ … ].",
    );
    need(
      settings === undefined || isRecord(settings),
      `the settings of stage "${stage}" are no object`,
      "Leave them out.",
    );
    checkName("model role", trains);
    const others = entries.map(([other]) => other).filter((other) => other !== stage);
    if (batchesOf !== undefined && !others.includes(batchesOf as string))
      throw unknownName("stage", String(batchesOf), others);
  }
}
