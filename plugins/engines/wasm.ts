/** The `wasm` engine: WebAssembly with SIMD, and fgkd's own kernels for training. */
import type { Engine, EngineCheck } from "../../core/index.js";
import { startWasm } from "./wasm/index.js";

export function wasmEngine(): Engine {
  return { name: "wasm", priority: 20, capabilities: { deterministic: true }, check, start: startWasm };
}

async function check(): Promise<EngineCheck> {
  try {
    const { version_wasm: version } = await import("@tensorflow/tfjs-backend-wasm");
    return { available: true, detail: `tfjs-backend-wasm ${version}, SIMD, one thread` };
  } catch (cause) {
    const detail = `@tensorflow/tfjs-backend-wasm does not load (${(cause as Error).message.split("\n")[0]})`;
    return { available: false, detail, remedy: "npm install" };
  }
}
