/** Chooses and starts the compute engine that settings name. */
import { type Engine, startEngine, type UsedEngine } from "../ops/engine.js";
import type { Engines } from "../registries/entry.js";
import type { Registry } from "../registries/registry.js";
import { engineUnavailable } from "../values/engine-errors.js";
import { FgkdError, unknownName } from "../values/errors.js";

export interface StartedEngine extends UsedEngine {
  /** Version and device. */
  readonly detail: string;
  /** Whether it computes on a GPU. */
  readonly gpu: boolean;
}

/** What one engine says of an option that another may have. */
const passedOver: readonly string[] = ["FGKD_UNKNOWN_OPTION", "FGKD_INVALID_OPTION"];

/** The part of a registry that choosing needs. */
type EngineRegistry = Pick<Registry<Engines, Engine>, "names" | "choose">;

/**
 * Starts the engine of that name with the options beside it; for `auto`, that of highest priority which can run here and
 * has these options.
 *
 * @throws FGKD_UNKNOWN_NAME, FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION, FGKD_ENGINE_UNAVAILABLE
 */
export async function startChosenEngine(
  choice: { readonly name: string },
  engines: EngineRegistry,
): Promise<StartedEngine> {
  if (choice.name !== "auto") {
    if (!engines.names.includes(choice.name)) throw await unknownEngine(choice.name, engines);
    return start(engines.choose(choice));
  }
  const failures: string[] = [];
  const candidates: Engine[] = [];
  const wrong: FgkdError[] = [];
  for (const name of engines.names) {
    const engine = tryChoose({ ...choice, name }, engines);
    if (engine instanceof FgkdError) {
      failures.push(`${name}: ${engine.message}`);
      if (engine.code === "FGKD_INVALID_OPTION") wrong.push(engine);
    } else candidates.push(engine);
  }
  if (candidates.length === 0 && wrong.length > 0) throw noEngineHas(wrong);
  for (const engine of byPriority(candidates)) {
    const { available, automatic = true, detail } = await engine.check();
    if (available && automatic) return start(engine);
    failures.push(`${engine.name}: ${detail}${available ? ` (--engine ${engine.name} takes it)` : ""}`);
  }
  throw engineUnavailable("auto", failures.join("; ") || "no plugin registers an engine");
}

/** What each engine that has the option takes: which of them was meant is not known. */
function noEngineHas(values: readonly FgkdError[]): FgkdError {
  const told = values.map(({ code, message }) => message.slice(`${code} `.length));
  return new FgkdError("FGKD_INVALID_OPTION", told.join(" "), { cause: values[0] });
}

/** Some are known by what they run on: who asks for "gpu" is told which engine that is, and what it still needs. */
async function unknownEngine(name: string, engines: EngineRegistry): Promise<FgkdError> {
  const known = engines.names.map((known) => engines.choose({ name: known }));
  const meant = known.find(({ alsoCalled = [] }) => alsoCalled.includes(name.toLowerCase()));
  if (!meant) return unknownName("engine", name, engines.names);
  const { available, remedy } = await meant.check();
  const needed = !available && remedy ? `, after: ${remedy}` : "";
  return engineUnavailable(
    name,
    `the engine that is meant is called "${meant.name}"`,
    `Try: --engine ${meant.name}${needed}.`,
  );
}

/** In the order in which `auto` tries them: highest priority first, equal ones as they were registered. */
export function byPriority(engines: readonly Engine[]): readonly Engine[] {
  return [...engines].sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
}

/** An engine, or why it cannot have these options, or these values of them: of `auto`, such an engine is passed over. */
function tryChoose(choice: { readonly name: string }, engines: EngineRegistry): Engine | FgkdError {
  try {
    return engines.choose(choice);
  } catch (cause) {
    if (cause instanceof FgkdError && passedOver.includes(cause.code)) return cause;
    throw cause;
  }
}

async function start(engine: Engine): Promise<StartedEngine> {
  const { available, detail, remedy, version } = await engine.check();
  if (!available) throw engineUnavailable(engine.name, detail, remedy && `Try: ${remedy}.`);
  try {
    await startEngine(engine);
  } catch (cause) {
    throw engineUnavailable(engine.name, cause instanceof Error ? cause.message : String(cause), remedy);
  }
  return { name: engine.name, detail, options: engine.options, version, gpu: engine.capabilities?.gpu ?? false };
}
