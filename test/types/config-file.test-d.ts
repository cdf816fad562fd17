/** Promises of `fgkd.config.ts`: what an editor refuses in it. Compiled by `npm run types`, never run. */
import { type ConfigFile, defineConfig, definePlugin, definePreset } from "../../core/index.js";
import type {} from "../../presets/index.js";

/* What strangers bring is declared by merging, and then as well known as what fgkd brings. */
declare module "../../core/index.js" {
  interface Engines {
    "types-engine": { readonly chips?: number };
  }
  interface Losses {
    "types-focal": { readonly gamma?: number };
  }
  interface Optimizers {
    "types-lion": { readonly beta?: number };
  }
  interface Plugins {
    "types-plugin": { readonly strength?: number };
  }
  interface Presets {
    "types-tournament": {
      readonly stages: "heat" | "final";
      readonly roles: "player";
      readonly options: { readonly players?: number };
    };
    "types-plain": {};
  }
}

/* Names of presets. */
for (const preset of ["dadkd", "or-ensemble", "types-plain"] as const) defineConfig({ preset });
defineConfig({ preset: "./mine.ts" });
defineConfig({ preset: "presets/mine.js" });
defineConfig({ preset: "/home/ann/mine.yaml" });
defineConfig({ preset: "@ann/birds" });
defineConfig({ preset: "fgkd-preset-birds" });
// @ts-expect-error: no such preset
defineConfig({ preset: "dadk" });

/* Stages and roles of the preset that is named; with none, of all that are declared. */
defineConfig({ preset: "dadkd", stages: { baseline: { enabled: false } }, models: { student: { weights: "s" } } });
defineConfig({ preset: "or-ensemble", stages: { "member-7": { epochs: 1 } }, models: { "member-2": {} } });
defineConfig({ preset: "types-tournament", stages: { final: { epochs: 2 } }, models: { player: {} } });
defineConfig({ preset: "types-plain", stages: { whatever: { epochs: 2 } } });
defineConfig({ stages: { generator: { epochs: 1 }, final: { epochs: 1 } }, models: { teacher: {}, player: {} } });
// @ts-expect-error: no such stage
defineConfig({ preset: "dadkd", stages: { studnet: { epochs: 1 } } });
// @ts-expect-error: a stage of another preset
defineConfig({ preset: "dadkd", stages: { generator: { epochs: 1 } } });
// @ts-expect-error: no such role
defineConfig({ preset: "dadkd", models: { studnet: { weights: "s" } } });
// @ts-expect-error: members have numbers
defineConfig({ preset: "or-ensemble", stages: { "member-one": { epochs: 1 } } });
// @ts-expect-error: no stage of any preset
defineConfig({ stages: { studnet: { epochs: 1 } } });
// @ts-expect-error: no role of any preset
defineConfig({ models: { studnet: {} } });

/* Of a preset that is an object or a file, any; settings are checked all the same. */
const cup = definePreset({ name: "cup", summary: "", plugins: [], stages: { only: { trains: "cat" } }, defaults: {} });
defineConfig({ preset: cup, stages: { only: { epochs: 1 } }, models: { cat: {} } });
defineConfig({ preset: "./cup.ts", stages: { only: { epochs: 1 } } });
// @ts-expect-error: no such setting
defineConfig({ preset: cup, stages: { only: { epoch: 1 } } });

/* Options of plugins, listed entries and presets, in general and of a stage. */
defineConfig({ options: { noise: { size: 100 }, snapmix: { probability: 1 }, "types-plugin": { strength: 1 } } });
defineConfig({ options: { "or-ensemble": { members: 3 }, "types-tournament": { players: 4 } } });
defineConfig({ options: { "types-focal": { gamma: 1, weight: 0.5, term: "focal" } } });
// @ts-expect-error: no such option
defineConfig({ options: { "types-focal": { gama: 1 } } });
// @ts-expect-error: a number is wanted
defineConfig({ options: { "types-focal": { gamma: "1" } } });
// @ts-expect-error: no such plugin
defineConfig({ options: { "types-vocal": { gamma: 1 } } });
// @ts-expect-error: no such option
defineConfig({ options: { "or-ensemble": { member: 3 } } });
// @ts-expect-error: no such option
defineConfig({ options: { "end-after": { epoch: 3 } } });
// @ts-expect-error: no such option, of a stage
defineConfig({ preset: "dadkd", stages: { student: { options: { snapmix: { probabilty: 1 } } } } });
// @ts-expect-error: and of one of any preset
defineConfig({ preset: "./mine.ts", stages: { student: { options: { snapmix: { probabilty: 1 } } } } });

/* Optimisers and sources, in general and of a stage. */
defineConfig({ optimizer: { learningRate: 0.1 } });
defineConfig({ optimizer: { name: "sgd", momentum: 0.9, clipNorm: 1 } });
defineConfig({ optimizer: { name: "types-lion", beta: 0.9 }, data: { name: "folder", path: "photos" } });
// @ts-expect-error: no such optimiser
defineConfig({ optimizer: { name: "sdg" } });
// @ts-expect-error: an option of another optimiser
defineConfig({ optimizer: { name: "types-lion", momentum: 0.9 } });
// @ts-expect-error: no such optimiser, of a stage
defineConfig({ preset: "dkd", stages: { student: { optimizer: { name: "sdg" } } } });
// @ts-expect-error: no such source
defineConfig({ data: { name: "foldr", path: "photos" } });
// @ts-expect-error: no such option
defineConfig({ data: { name: "folder", pth: "photos" } });

/* Engines: by name alone, or with options; "auto" has none of its own. */
for (const engine of ["auto", "wasm", "onednn", "types-engine"] as const) defineConfig({ engine });
defineConfig({ engine: { name: "types-engine", chips: 2 } });
defineConfig({ engine: { name: "auto" } });
defineConfig({ engine: { threads: 2 } });
// @ts-expect-error: no such engine
defineConfig({ engine: "wsam" });
// @ts-expect-error: no such engine
defineConfig({ engine: { name: "gpu" } });
// @ts-expect-error: an option of another engine
defineConfig({ engine: { name: "types-engine", threads: 2 } });
// @ts-expect-error: an engine is the run's, not a stage's
defineConfig({ preset: "dadkd", stages: { student: { engine: "wasm" } } });

/* What is left out: a plugin, or a line of a list, in general and of a stage. */
defineConfig({ without: ["cutmix", "teacher-logits", "types-focal", "types-plugin", "averaged-weights"] });
defineConfig({ preset: "dadkd", stages: { student: { without: ["snapmix"] } } });
// @ts-expect-error: no such plugin, and no such line
defineConfig({ without: ["cutmx"] });
// @ts-expect-error: no such line of a stage
defineConfig({ preset: "dadkd", stages: { student: { without: ["snapmx"] } } });
// @ts-expect-error: a preset is not left out
defineConfig({ without: ["or-ensemble"] });

/* The type says it as well as the function. */
({ preset: "kd", plugins: ["loud"], options: { cutmix: { probability: 0.5 } } }) satisfies ConfigFile;
// @ts-expect-error: no such option
({ preset: "kd", options: { cutmix: { probabilty: 0.5 } } }) satisfies ConfigFile;

/* A plugin that nobody has declared is listed like any other; only its options are unknown to an editor. */
defineConfig({ plugins: [definePlugin({ name: "quiet", defaults: { volume: 1 }, apply() {} })({ volume: 0 })] });
