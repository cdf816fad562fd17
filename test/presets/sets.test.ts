/** What presets say of single published sets: whichever way their data is found to be one. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type Config,
  type Preset,
  presetLayers,
  resolveConfig,
  type Scale,
  type SettingsLayer,
  withSetSettings,
} from "../../core/index.js";
import { baseline, dadkd, dfkdGenerator, dkd, kd, orEnsemble, snapmix } from "../../presets/index.js";

const miniatures = new URL("../../../shared/data/layouts", import.meta.url).pathname;

/** The settings of a preset's first stage, for this data. */
async function inputOf(preset: Preset, data: object, scale: Scale = "paper", more: Config = {}) {
  const asked: readonly SettingsLayer[] = [
    { origin: scale, config: preset.scales?.[scale] ?? {} },
    { origin: "--data", config: { data: { name: "folder", ...data } } as Config },
    { origin: "--set", config: more },
  ];
  const layers = await withSetSettings(preset, asked);
  // Laid over themselves they say nothing twice.
  expect(await withSetSettings(preset, layers)).toEqual(layers);
  const config = resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]);
  return { input: config.run.input, origin: config.origins.get("input.fit") };
}

const named = (layout: string) => ({ path: "nowhere", layout });
const lowResolution = [baseline, snapmix, kd, dkd, dadkd];

describe("a data set that is named", () => {
  test.each(lowResolution)("$name: cars and aircraft are warped, of birds the shorter side counts", async (preset) => {
    const fits = await Promise.all(["cub", "cars", "aircraft"].map((set) => inputOf(preset, named(set))));
    expect(fits.map(({ input }) => input.fit)).toEqual(["shorter", "warp", "warp"]);
    expect(fits[1]?.origin).toBe(`preset ${preset.name} (cars)`);
  });

  test("dfkd-generator: its teacher sees parts of any size of cars and birds, of aircraft a crop", async () => {
    const names = async (layout: string, scale?: Scale) =>
      (await inputOf(dfkdGenerator, named(layout), scale)).input.transforms?.train?.map(({ name }) => name);
    const parts = ["resize", "random-resized-crop", "flip"];
    expect(await Promise.all(["cub", "cars", "aircraft"].map((set) => names(set)))).toEqual([parts, parts, undefined]);
    expect(await names("cub", "demo")).toBeUndefined();
  });

  test("counts less than what is said of it", async () => {
    expect((await inputOf(dadkd, named("cars"), "paper", { input: { fit: "shorter" } })).input.fit).toBe("shorter");
  });

  test("says nothing where it is one of several, or the preset has no word on it", async () => {
    const { input } = await inputOf(dadkd, { ...named("cars"), and: [{ path: "elsewhere" }] });
    expect(input.fit).toBe("shorter");
    expect((await inputOf(orEnsemble, named("cub"))).input.fit).toBe("warp");
  });
});

describe.skipIf(!existsSync(miniatures))("a data set that is recognised", () => {
  test.each([
    ["CUB_200_2011", "shorter"],
    ["stanford_cars", "warp"],
    ["stanford_cars_combined", "warp"],
    ["fgvc-aircraft-2013b", "warp"],
  ])("%s: dadkd has its pictures by %s", async (folder, fit) => {
    expect((await inputOf(dadkd, { path: join(miniatures, folder) })).input.fit).toBe(fit);
  });

  test("is told by whoever opens it where there is none", async () => {
    expect((await inputOf(dadkd, { path: join(miniatures, "nowhere") })).input.fit).toBe("shorter");
  });
});
