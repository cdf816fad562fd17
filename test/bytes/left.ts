/** What a run left, in texts that can be compared: a digest for each tensor and file, each number in full. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Texts by name: `models/student layer1.0.conv1.weight`, `metrics.jsonl student epoch 0 losses.crossEntropy`. */
export type Left = Readonly<Record<string, string>>;

/** @param run a finished run's folder */
export function leftBy(run: string): Left {
  return { ...modelsOf(run), ...metricsOf(run), ...resultOf(run), ...artifactsOf(run) };
}

function modelsOf(run: string): Left {
  const files = readdirSync(join(run, "models")).sort();
  const entries = files.flatMap((file) =>
    tensorsIn(readFileSync(join(run, "models", file))).map(
      ([name, text]) => [`models/${file.replace(/\.safetensors$/, "")} ${name}`, text] as const,
    ),
  );
  return Object.fromEntries(entries);
}

/** A tensor of a safetensors file as its header has it. */
interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [from: number, to: number];
}

/** Type, shape and digest by name, sorted. The file's metadata and the order of its tensors do not count. */
function tensorsIn(file: Buffer): readonly (readonly [name: string, text: string])[] {
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, start)) as Readonly<Record<string, Entry>>;
  const tensors = Object.entries(header).filter(([name]) => name !== "__metadata__");
  return tensors
    .map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        return [name, `${dtype} [${shape}] ${digest(file.subarray(start + from, start + to))}`] as const;
      },
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The numbers of every epoch. */
function metricsOf(run: string): Left {
  const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").split("\n").filter(Boolean);
  const summaries = lines.map((line) => JSON.parse(line) as { readonly stage: string; readonly epoch: number });
  return Object.assign(
    {},
    ...summaries.map(({ stage, epoch, ...rest }) => numbersIn(`metrics.jsonl ${stage} epoch ${epoch}`, rest)),
  );
}

function resultOf(run: string): Left {
  const result = JSON.parse(readFileSync(join(run, "result.json"), "utf8")) as {
    readonly stages: readonly { readonly stage: string }[];
  };
  return Object.assign({}, ...result.stages.map(({ stage, ...rest }) => numbersIn(`result.json ${stage}`, rest)));
}

/** Every number, and every `null` in the place of one, under the path that leads to it. */
function numbersIn(name: string, value: unknown, path: readonly string[] = []): Left {
  if (typeof value === "number" || value === null) return { [`${name} ${path.join(".")}`]: String(value) };
  if (typeof value !== "object") return {};
  return Object.assign({}, ...Object.entries(value).map(([key, inner]) => numbersIn(name, inner, [...path, key])));
}

/** What plugins wrote. */
function artifactsOf(run: string): Left {
  const folder = join(run, "artifacts");
  if (!existsSync(folder)) return {};
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(
    paths.map((path) => [`artifacts/${relative(folder, path)}`, digest(readFileSync(path))] as const),
  );
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
