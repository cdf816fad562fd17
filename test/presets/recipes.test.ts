import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Preset } from "../../core/index.js";
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
