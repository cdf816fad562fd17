/** The `onednn` engine: native CPU kernels over oneDNN. */
import { type Engine, invalidOption, type Services, silentLogger } from "../../core/index.js";
import {
  checkOnednn,
  compileOnednn,
  completeOptions,
  type OnednnOptions,
  type OutdatedVariable,
  startOnednn,
} from "./onednn/index.js";

type Words = Pick<Services, "logger">;

/** More than any machine has; an OpenMP library that cannot start a thread ends the process. */
const most = 1024;

export function onednnEngine(given: OnednnOptions, { logger }: Words = { logger: silentLogger }): Engine {
  checkOptions(given);
  const { options, outdated } = completeOptions(given);
  return {
    name: "onednn",
    priority: 30,
    capabilities: { deterministic: !options.autotune, threads: options.threads },
    options: { ...options },
    check: async () => checkOnednn(options),
    start: async () => {
      for (const variable of outdated) logger.warn(advice(variable));
      await startOnednn(options);
    },
    build: compileOnednn,
  };
}

function checkOptions({ threads, winograd, autotune, layout }: OnednnOptions): void {
  const refusal = (option: string, mustBe: string, value: unknown, remedy: string) =>
    invalidOption("engine onednn", option, mustBe, value, remedy);
  if (threads != null && !(Number.isInteger(threads) && threads >= 1 && threads <= most))
    throw refusal("threads", `a whole number from 1 to ${most}`, threads, "Leave it out for all.");
  for (const [option, value] of Object.entries({ winograd, autotune }))
    if (value != null && typeof value !== "boolean")
      throw refusal(option, "true or false", value, "Leave it out for the default.");
  if (layout != null && layout !== "plain" && layout !== "blocked")
    throw refusal("layout", '"plain" or "blocked"', layout, "Leave it out for what is fast here.");
}

function advice({ name, value, option, meaning }: OutdatedVariable): string {
  const written = JSON.stringify(meaning);
  return `${name}=${value} is read for one more version: write engine: { name: "onednn", ${option}: ${written} }.`;
}
