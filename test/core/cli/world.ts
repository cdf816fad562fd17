/** A world for commands to run in: streams to read, a folder of their own, toy presets, and a Ctrl-C to press. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { onTestFinished } from "vitest";
import type { Environment, Output, Stop } from "../../../core/cli/environment.js";
import { runProgram } from "../../../core/cli/program.js";
import { once } from "../../../core/cli/watching/signals.js";
import * as core from "../../../core/index.js";
import * as ops from "../../../core/ops/index.js";
import { folderSource } from "../../../plugins/data/folder.js";
import {
  attentionOnBird,
  birdCount,
  birdParts,
  decodeImage,
  drawBird,
  filesSource,
  findImages,
} from "../../../plugins/data/index.js";
import { ensemblers } from "../../../plugins/ensemblers/index.js";
import * as layers from "../../../plugins/layers/index.js";
import { observers } from "../../../plugins/observers/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import * as pictures from "../../../plugins/pictures/index.js";
import { toy, toyLoss, toySettings } from "../../support/toy.js";

const { definePlugin, definePreset, definePresetWithOptions } = core;

/** One engine that cannot run, one that can: pure JavaScript. */
const toyEngines = definePlugin({
  name: "engines",
  defaults: {},
  register({ engines }) {
    engines.register("tensorflow", {
      defaults: {},
      create: () => ({
        name: "tensorflow",
        check: async () => ({ available: false, detail: "its library is not here", remedy: "npm install it" }),
        start: async () => {
          throw new Error("no library");
        },
        build: async () => ({ built: false, detail: "tensorflow: no compiler" }),
      }),
    });
    engines.register("cpu", {
      defaults: {},
      create: () => ({
        name: "cpu",
        check: async () => ({ available: true, detail: "plain JavaScript" }),
        start: async () => void (await tf.setBackend("cpu")),
      }),
    });
  },
});

export const toyPreset = definePreset({
  name: "toy",
  summary: "a linear student and its teacher",
  plugins: [toy(), optimizers(), ensemblers()],
  stages: {
    teacher: { trains: "teacher", title: "the teacher", plugins: [toyLoss()] },
    student: { trains: "student", title: "the student", plugins: [toyLoss({ weight: 0.5 })], settings: { epochs: 2 } },
  },
  defaults: toySettings,
  scales: { demo: { batchSize: 3 } },
});

/** So many linear members. */
export const toyEnsemble = definePresetWithOptions<{ readonly members?: number }>({
  name: "toy-ensemble",
  summary: "linear members, one after the other",
  defaults: { members: 2 },
  grows: "members",
  create: ({ members }) => {
    const roles = Array.from({ length: members }, (_, index) => `member-${index + 1}`);
    const models = (scale: number) =>
      Object.fromEntries(roles.map((role) => [role, { backbone: { name: "toy-linear", scale } as const }]));
    return {
      plugins: [toy(), optimizers(), ensemblers(), toyLoss()],
      stages: Object.fromEntries(roles.map((role) => [role, { trains: role }])),
      defaults: { ...toySettings, models: models(1) },
      scales: { demo: { batchSize: 3, models: models(0.5) } },
    };
  },
});

export interface World {
  readonly environment: Environment;
  readonly cwd: string;
  /** What was printed so far, colours taken out. */
  readonly out: string;
  readonly err: string;
  /** The same with every control sequence. */
  readonly rawOut: string;
  /** Runs a command line, as typed. */
  fgkd(line: string): Promise<number>;
  pressCtrlC(): void;
}

export interface WorldOptions {
  readonly columns?: number;
  readonly isTTY?: boolean;
  readonly variables?: Readonly<Record<string, string>>;
  readonly presets?: readonly core.Preset[];
  /** What is piped in. */
  readonly stdin?: string;
  /** Answers questions. Default: nobody is there. */
  readonly ask?: NonNullable<Environment["ask"]>;
  /** Called at every look at the clock, with how often it was looked at. */
  readonly onLook?: (look: number, world: World) => void;
}

/** A world in a temporary folder, which goes when the test ends. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const cwd = await mkdtemp(join(tmpdir(), "fgkd-cli-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const [stdout, stderr] = [capture(options), capture(options)];
  const listeners = new Set<(stop: Stop) => void>();
  let looks = 0;
  const presets = Object.fromEntries((options.presets ?? [toyPreset]).map((preset) => [preset.name, preset]));
  const modules: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    fgkd: core,
    "fgkd/layers": layers,
    "fgkd/ops": ops,
    "fgkd/plugins": {
      engines: toyEngines,
      toy,
      toyLoss,
      findImages,
      jpegDecoder: () => ({ name: "sharp", reason: "it was not built", remedy: "build it" }),
      ...pictures,
      ...{ attentionOnBird, birdCount, birdParts, decodeImage, drawBird },
      observers,
      catalogue: () => [toyEngines(), toy(), folderSource(), filesSource()],
    },
    "fgkd/presets": presets,
    "@tensorflow/tfjs": tf,
  };
  const environment: Environment = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    ...(options.stdin !== undefined && { stdin: Readable.from([options.stdin]) }),
    cwd,
    variables: options.variables ?? {},
    ...(options.ask && { ask: options.ask }),
    load: async (specifier) => modules[specifier] ?? import(specifier),
    now: () => {
      looks += 1;
      options.onLook?.(looks, world);
      return looks * 100;
    },
    onStop: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const world: World = {
    environment,
    cwd,
    get out() {
      return stripVTControlCharacters(stdout.text());
    },
    get err() {
      return stripVTControlCharacters(stderr.text());
    },
    get rawOut() {
      return stdout.text();
    },
    fgkd: (line) => runProgram(line.split(" ").filter(Boolean), environment),
    pressCtrlC: () => {
      for (const listener of listeners) listener({ reason: "Ctrl-C", exitCode: 130, hint: once });
    },
  };
  return world;
}

function capture({ columns = 80, isTTY = false }: WorldOptions): { readonly stream: Output; text(): string } {
  const stream = new PassThrough();
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  return { stream: Object.assign(stream, isTTY ? { isTTY, columns } : {}), text: () => text };
}
