/** Compute engines: what a plugin registers so that `--engine NAME` can choose it. */

/** Whether an engine can run here, and if not, what cures it. */
export interface EngineCheck {
  readonly available: boolean;
  /** Version and device, or what is missing. */
  readonly detail: string;
  /** A command or an action that makes it available. */
  readonly remedy?: string;
}

/** What came of compiling an engine. */
export interface EngineBuild {
  readonly built: boolean;
  /** One line: that it is built, or why not and what cures that. */
  readonly detail: string;
}

/** A TensorFlow.js backend with everything that training needs. */
export interface Engine {
  readonly name: string;
  /** Never throws, changes nothing. */
  check(): Promise<EngineCheck>;
  /** Makes it the active backend of this process. */
  start(): Promise<void>;
  /** Compiles what it lacks on this machine: `fgkd build-engine NAME`. Never throws. */
  build?(): Promise<EngineBuild>;
}
