/** Memory of the WebAssembly module, given out only where there is any. */
import { outOfMemory } from "../../../core/index.js";
import type { WasmBackend } from "./heap.js";

/** The module's allocator, and the heap that it gives parts of. */
export type Allocating = Pick<WasmBackend["wasm"], "_malloc" | "_free" | "HEAPU8">;

/**
 * tfjs does not look whether an allocation succeeded: it would overwrite the heap from address 0 on, or, near four gibibytes, write
 * behind its end, since the module's allocator may give out what reaches beyond it.
 *
 * @throws FGKD_OUT_OF_MEMORY from then on, whenever there is no room
 */
export function refuseToOverflow(wasm: Allocating): void {
  // The module's functions replace themselves when first called, so that must come before ours takes their place.
  wasm._free(wasm._malloc(4));
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    // Addresses above two gibibytes come as negative numbers.
    const address = allocate(bytes) >>> 0;
    if (bytes > 0 && (address === 0 || address + bytes > wasm.HEAPU8.length))
      throw outOfMemory("wasm", bytes, wasm.HEAPU8.length);
    return address;
  };
}
