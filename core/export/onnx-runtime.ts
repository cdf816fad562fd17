/** onnxruntime, where it is installed: nothing else of fgkd needs it. */
import { createRequire } from "node:module";
import { exportMismatch } from "../values/export-errors.js";

/** Of its face, what is asked for here. */
export interface OnnxRuntime {
  readonly name: string;
  readonly InferenceSession: { create(model: Uint8Array): Promise<OnnxSession> };
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => OnnxValue;
  readonly env: { readonly wasm?: { numThreads?: number } };
}

interface OnnxValue {
  readonly data: ArrayLike<number>;
}

interface OnnxSession {
  run(inputs: Readonly<Record<string, OnnxValue>>): Promise<Readonly<Record<string, OnnxValue>>>;
  release(): Promise<void>;
}

/** The first is faster, and brings a library for this processor; the second runs wherever Node does. */
const packages: readonly string[] = ["onnxruntime-node", "onnxruntime-web"];

/**
 * @param file for messages
 * @param load imports a package, or gives nothing where it is not installed
 * @throws FGKD_EXPORT_MISMATCH where none is here
 */
export async function loadOnnxRuntime(
  file: string,
  load: (name: string) => Promise<unknown> = installed,
): Promise<OnnxRuntime> {
  for (const name of packages) {
    const loaded = (await load(name)) as Partial<OnnxRuntime> & { readonly default?: OnnxRuntime };
    const runtime = loaded?.InferenceSession ? (loaded as OnnxRuntime) : loaded?.default;
    if (!runtime?.InferenceSession) continue;
    // Threads of WebAssembly would outlive what they were asked for.
    if (runtime.env.wasm) runtime.env.wasm.numThreads = 1;
    const { InferenceSession, Tensor, env } = runtime;
    return { name, InferenceSession, Tensor, env };
  }
  throw exportMismatch(
    file,
    "what it answers cannot be compared with what the model answers: onnxruntime is not installed",
    "npm install onnxruntime-web, or onnxruntime-node, which is faster; or go without with --unchecked.",
  );
}

/** One that is there and does not run here is passed over, too. */
async function installed(name: string): Promise<unknown> {
  try {
    createRequire(import.meta.url).resolve(name);
    return await import(/* @vite-ignore */ name);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "MODULE_NOT_FOUND" || code === "ERR_DLOPEN_FAILED") return undefined;
    throw cause;
  }
}
