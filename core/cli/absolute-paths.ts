/** Paths in a config file are meant from where that file lies, wherever the command runs or the run is resumed. */
import { dirname, resolve } from "node:path";
import type { Config } from "../index.js";

/** The config with absolute paths for images (`data.path`, also of stages) and weights (`models.<role>.weights`). */
export function withAbsolutePaths(config: Config, file: string): Config {
  const from = (path: string) => resolve(dirname(file), path);
  const { data, models, stages } = config as Loose;
  // Only strings change; whatever else stands there is left for resolveConfig to judge.
  return {
    ...config,
    ...(isRecord(data) && { data: withPath(data, "path", from) }),
    ...(isRecord(models) && { models: mapValues(models, (model) => withPath(model, "weights", from)) }),
    ...(isRecord(stages) && {
      stages: mapValues(stages, (stage) =>
        isRecord(stage) && isRecord(stage.data) ? { ...stage, data: withPath(stage.data, "path", from) } : stage,
      ),
    }),
  } as Config;
}

type Loose = Readonly<Record<string, unknown>>;

function withPath(value: unknown, key: string, from: (path: string) => string): unknown {
  if (!isRecord(value) || typeof value[key] !== "string") return value;
  return { ...value, [key]: from(value[key]) };
}

function mapValues(record: Loose, change: (value: unknown) => unknown): Loose {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function isRecord(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
