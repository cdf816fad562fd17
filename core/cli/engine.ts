/** Chooses and starts the compute engine. */
import { type Engine, engineUnavailable, type Run } from "../index.js";

export interface StartedEngine {
  readonly name: string;
  /** Version and device. */
  readonly detail: string;
}

/** The part of a registry that choosing needs. */
type EngineRegistry = Pick<Run["engines"], "names" | "choose">;

/**
 * Starts the engine of that name; for `auto`, the first in the order of registration that can run here.
 *
 * @throws FGKD_UNKNOWN_NAME, FGKD_ENGINE_UNAVAILABLE
 */
export async function startEngine(name: string, engines: EngineRegistry): Promise<StartedEngine> {
  if (name !== "auto") return start(engines.choose({ name }));
  const failures: string[] = [];
  for (const candidate of engines.names) {
    const engine = engines.choose({ name: candidate });
    const { available, detail } = await engine.check();
    if (available) return start(engine);
    failures.push(`${candidate}: ${detail}`);
  }
  throw engineUnavailable("auto", failures.join("; ") || "no plugin registers an engine");
}

async function start(engine: Engine): Promise<StartedEngine> {
  const { available, detail, remedy } = await engine.check();
  if (!available) throw engineUnavailable(engine.name, detail, remedy && `Try: ${remedy}.`);
  try {
    await engine.start();
  } catch (cause) {
    throw engineUnavailable(engine.name, cause instanceof Error ? cause.message : String(cause), remedy);
  }
  return { name: engine.name, detail };
}
