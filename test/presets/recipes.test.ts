import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Config, checkRun, type Preset } from "../../core/index.js";
import * as shipped from "../../presets/index.js";
import { baseline, dadkd, dfkdGenerator, dkd, kd, orEnsemble } from "../../presets/index.js";
import { switchedBy, switchedOn } from "../support/recipes.js";

const pages: readonly (readonly [string, Preset])[] = [
  ["dadkd", dadkd],
  ["dfkd-generator", dfkdGenerator],
  ["or-ensemble", orEnsemble.configure?.({ members: 2 }) as Preset],
];

describe("the recipes of", () => {
  test.each(pages)("%s switch what its page says, and nothing else", async (page, preset) => {
    const text = await readFile(new URL(`../../docs/papers/${page}.md`, import.meta.url), "utf8");
    expect(switchedOn(text)).toEqual(switchedBy(preset));
    expect(Object.keys(switchedBy(preset)).length).toBeGreaterThan(3);
  });

  test.each([baseline, kd, dkd])("$name switch its input, its teacher and its optimiser as dadkd's do", (preset) => {
    const all = Object.entries(switchedBy(dadkd));
    const own = all.filter(
      ([path]) => !path.startsWith("stages.student") && (preset.stages.teacher || !/teacher/.test(path)),
    );
    expect(switchedBy(preset)).toEqual(Object.fromEntries(own));
  });
});

/** Every value of every option that chooses among a few. */
const choices = Object.values(shipped).flatMap((preset) =>
  (["recipe", "variant", "report"] as const).flatMap((option) => {
    const type = (preset as Preset).schema?.shape[option];
    const values = type ? valuesOfChoice(z.toJSONSchema(type, { io: "input" })) : [];
    return values.map((value) => [preset.name, option, value, preset] as const);
  }),
);

test("there are recipes and variants to try", () => expect(choices.length).toBeGreaterThan(40));

test.each(choices)("%s with %s %s is a run that can be made, at paper scale", (name, option, value, preset) => {
  const layers = [
    { origin: "paper", config: preset.scales?.paper ?? {} },
    { origin: "test", config: { options: { [name]: { [option]: value } } } as Config },
  ];
  expect(() => checkRun({ preset, layers })).not.toThrow();
});

function valuesOfChoice(schema: { readonly enum?: unknown; readonly anyOf?: unknown }): readonly string[] {
  const all = [schema, ...((schema.anyOf ?? []) as readonly { readonly enum?: unknown }[])];
  return all.flatMap((one) => (one.enum ?? []) as readonly string[]);
}
