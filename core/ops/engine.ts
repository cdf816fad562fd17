/** Compute engines: what a plugin registers so that `--engine NAME` can choose it. */
import * as tf from "@tensorflow/tfjs";
import type { Json } from "../values/state.js";
import { type Recorder, setRecorder } from "./recording.js";

/** Whether an engine can run here, and if not, what cures it. */
export interface EngineCheck {
  readonly available: boolean;
  /** Version and device, or what is missing. */
  readonly detail: string;
  /** A command or an action that makes it available. */
  readonly remedy?: string;
  /** What an option would gain on this machine: `fgkd doctor` tells it. */
  readonly advice?: string;
  /** Whether `auto` may take it. Default true: false for what is right and slow, as a GPU that is made of software. */
  readonly automatic?: boolean;
  /** What results depend on beside the engine's options: its library's version, the processor's instructions. */
  readonly version?: string;
}

/** The engine that a run computes with: what its manifest records, and a resumed run must share. */
export interface UsedEngine {
  readonly name: string;
  readonly options?: Engine["options"];
  readonly version?: string;
}

/** One of several devices that an engine can compute on. */
export interface EngineDevice {
  readonly name: string;
  /** Vendor, driver, what it can do, memory. */
  readonly detail: string;
}

/** What came of compiling an engine. */
export interface EngineBuild {
  readonly built: boolean;
  /** One line: that it is built, or why not and what cures that. */
  readonly detail: string;
}

/** What an engine can do; what it does not say is not counted on. */
export interface EngineCapabilities {
  /** Whether it keeps and multiplies numbers of 16 bits where that is asked for. Default false. */
  readonly halfPrecision?: boolean;
  /** Whether these numbers have a small range, as f16 has: then losses are scaled, so that gradients stay in it. Default false. */
  readonly narrowRange?: boolean;
  /** Whether the same run on the same machine, with the same options, ends in the same bytes. Default false. */
  readonly deterministic?: boolean;
  /** Threads that its kernels use; `null` where its library chooses. Default 1. */
  readonly threads?: number | null;
  /** Whether it computes on a GPU; known once it has started. Default false. */
  readonly gpu?: boolean;
}

/** A TensorFlow.js backend with everything that training needs. */
export interface Engine {
  readonly name: string;
  /** Other words for it: who asks for an engine by one of these is told its name, and what it needs. Default: none. */
  readonly alsoCalled?: readonly string[];
  /**
   * `engine: "auto"` takes, of the engines that can run, the one of highest priority; of equal ones that registered first.
   * Those of fgkd: `webgpu` 50, `tensorflow` 40, `onednn` 30, `wasm` 20, `cpu` 10. Default 0.
   */
  readonly priority?: number;
  /** Default: none. */
  readonly capabilities?: EngineCapabilities;
  /** Its options, with the defaults that this machine gives them; a resumed run is started with the same. */
  readonly options?: Readonly<Record<string, Json>>;
  /**
   * Whether it computes while JavaScript goes on, so that reading a value waits for all that was asked before: then losses are
   * read one step late. Default false: each operation is done when it returns, and reading costs nothing.
   */
  readonly queue?: boolean;
  /** Never throws, changes nothing. */
  check(): Promise<EngineCheck>;
  /** The devices that its option `device` chooses among, in the order of their numbers. Never throws, changes nothing. */
  devices?(): Promise<readonly EngineDevice[]>;
  /** Makes it the active backend of this process. */
  start(): Promise<void>;
  /** Once it has started: what notes passes of networks and runs them again. Default: none, every pass is run layer by layer. */
  recorder?(): Recorder | undefined;
  /** Compiles what it lacks on this machine: `fgkd build-engine NAME`. Never throws. */
  build?(): Promise<EngineBuild>;
}

const queued = new WeakSet<object>();
const narrow = new WeakSet<object>();

/** Starts an engine, and remembers what the backend that it makes active can do. */
export async function startEngine(engine: Engine): Promise<void> {
  await engine.start();
  if (engine.queue) queued.add(tf.backend());
  setRecorder(engine.recorder?.());
  if (engine.capabilities?.narrowRange) narrow.add(tf.backend());
}

/** Whether the active backend is that of an engine with a queue. */
export function hasQueue(): boolean {
  return queued.has(tf.backend());
}

/** Whether the active backend multiplies numbers of small range. */
export function hasNarrowRange(): boolean {
  // Where none is active yet, none is made.
  const backend = tf.getBackend() && tf.findBackend(tf.getBackend());
  return backend !== "" && backend != null && narrow.has(backend);
}
