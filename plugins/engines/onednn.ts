/** The `onednn` engine: native CPU kernels over oneDNN. */
import { describeOptions, type Engine, invalidOption, type Services, silentLogger } from "../../core/index.js";
import {
  checkOnednn,
  compileOnednn,
  completeOptions,
  type OnednnOptions,
  type OutdatedVariable,
  onednnRecorder,
  onednnSchema,
  startOnednn,
} from "./onednn/index.js";

type Words = Pick<Services, "logger">;

/** Its entry's options. */
export const onednnOptions = describeOptions("engine onednn", onednnSchema);

export function onednnEngine(given: OnednnOptions, { logger }: Words = { logger: silentLogger }): Engine {
  onednnOptions.check(given);
  if (given.precision === "bf16" && given.layout === "blocked")
    throw invalidOption(
      "engine onednn",
      "layout",
      'plain, or left out, with precision "bf16"',
      given.layout,
      "oneDNN multiplies bf16 of images as they lie.",
    );
  const { options, outdated } = completeOptions(given);
  return {
    name: "onednn",
    priority: 30,
    capabilities: {
      deterministic: !options.autotune,
      halfPrecision: options.precision === "bf16",
      threads: options.threads,
    },
    options: { ...options },
    check: async () => checkOnednn(options),
    start: async () => {
      for (const variable of outdated) logger.warn(advice(variable));
      await startOnednn(options);
    },
    recorder: onednnRecorder,
    build: compileOnednn,
  };
}

function advice({ name, value, option, meaning }: OutdatedVariable): string {
  const written = JSON.stringify(meaning);
  return `${name}=${value} is read for one more version: write engine: { name: "onednn", ${option}: ${written} }.`;
}
