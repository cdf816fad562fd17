/** The wasm engine's own part: tfjs' wasm backend, completed so that it trains. */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { engineUnavailable } from "../../../core/index.js";
import { refuseToOverflow } from "./allocation.js";
import type { WasmBackend } from "./heap.js";
import { keepingListeners, withoutLoaderListeners } from "./listeners.js";
import { registerWasmKernels } from "./register.js";

export { registerWasmKernels } from "./register.js";

/**
 * Makes `wasm` the active tfjs backend, with the kernels for training registered.
 *
 * Under Node the `.wasm` file is read from inside its package; nothing is downloaded. Runs on one thread.
 *
 * @throws FgkdError if WebAssembly is not available or its module cannot be read
 */
export async function startWasm(): Promise<void> {
  registerWasmKernels();
  const isThere = await withoutLoaderListeners(() => tf.setBackend("wasm"));
  if (!isThere) throw engineUnavailable("wasm", "WebAssembly does not start");
  await tf.ready();
  // tfjs types the active backend by what all have in common.
  const backend = tf.backend() as unknown as WasmBackend & { memory(): object };
  guard(backend.wasm);
  // The heap only ever grows; tfjs' own says nothing of it.
  backend.memory = () => ({ unreliable: false, engineBytes: backend.wasm.HEAPU8.length });
}

const guarded = new WeakSet<object>();

/** Once for each start of the backend. */
function guard(wasm: WasmBackend["wasm"]): void {
  if (guarded.has(wasm)) return;
  guarded.add(wasm);
  refuseToOverflow(wasm);
  const { dispose } = wasm.tfjs;
  wasm.tfjs.dispose = () => keepingListeners(dispose);
}
