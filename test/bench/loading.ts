/**
 * How long a large network takes from its file: `npx tsx test/bench/loading.ts [--backbone convnext_base] [--engine onednn]`.
 *
 * The file is written first, by another process, and is in the system's cache of files when it is read.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { encodeSafetensors } from "../../core/formats/safetensors.js";
import { createTraining, flattenPlugins } from "../../core/index.js";
import { withoutValues, withValuesLater } from "../../core/models/parameters.js";
import { loadWeights } from "../../core/models/weights.js";
import { catalogue } from "../../plugins/index.js";
import { median } from "./profile.js";

const { values } = parseArgs({
  options: {
    backbone: { type: "string", default: "convnext_base" },
    engine: { type: "string", default: "onednn" },
    times: { type: "string", default: "5" },
    write: { type: "string" },
    read: { type: "string" },
  },
});
const classes = Array.from({ length: 1000 }, (_, index) => `class ${index}`);

function training() {
  const plugins = flattenPlugins(catalogue()).filter((plugin) => {
    const { engines, backbones } = createTraining({ plugins: [plugin] });
    return engines.names.length + backbones.names.length > 0;
  });
  return createTraining({ plugins, services: { classes } });
}

/** Values that are sound, and not all alike. */
async function write(path: string): Promise<void> {
  const { backbones, engines } = training();
  await engines.choose({ name: "cpu" }).start();
  const model = withoutValues(() => backbones.choose({ name: values.backbone }));
  const file = openSync(path, "w");
  const tensors = await model.parameters.export();
  for (const { data } of tensors.values()) {
    if (data instanceof Float32Array) for (let at = 0; at < data.length; at++) data[at] = 0.01 + (at % 7) / 1000;
  }
  for (const part of encodeSafetensors({ tensors, metadata: {} })) writeSync(file, part);
}

async function read(path: string): Promise<void> {
  const { backbones, engines } = training();
  await engines.choose({ name: values.engine }).start();
  const begin = performance.now();
  const model = withValuesLater(() => backbones.choose({ name: values.backbone }));
  loadWeights("student", model, path);
  model.parameters.drawRest();
  console.log(((performance.now() - begin) / 1000).toFixed(3));
}

function again(...words: readonly string[]): string {
  const own = ["--backbone", values.backbone, "--engine", values.engine, ...words];
  const { stdout, status } = spawnSync("npx", ["tsx", fileURLToPath(import.meta.url), ...own], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}

if (values.write !== undefined) await write(values.write);
else if (values.read !== undefined) await read(values.read);
else {
  const folder = mkdtempSync(join(tmpdir(), "fgkd-loading-"));
  const path = join(folder, "weights.safetensors");
  again("--write", path);
  const size = statSync(path).size / 2 ** 20;
  const seconds = Array.from({ length: Number(values.times) }, () => Number(again("--read", path)));
  const [least, most] = [Math.min(...seconds).toFixed(2), Math.max(...seconds).toFixed(2)];
  console.log(`${values.backbone} from ${size.toFixed(0)} MiB: ${median(seconds).toFixed(2)} s (${least}–${most})`);
  rmSync(folder, { recursive: true });
}
