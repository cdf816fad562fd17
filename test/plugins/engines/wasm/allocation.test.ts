import { describe, expect, test } from "vitest";
import { type Allocating, refuseToOverflow } from "../../../../plugins/engines/wasm/allocation.js";

/** A module whose allocator answers with this address. */
function answering(address: number, heap = 1000): Allocating {
  const wasm: Allocating = { _malloc: () => address, _free: () => {}, HEAPU8: new Uint8Array(heap) };
  refuseToOverflow(wasm);
  return wasm;
}

describe("memory of the wasm engine", () => {
  test.each([
    ["none is left", 0, 4],
    ["what is given out reaches beyond the heap", 996, 5],
    // As the module's numbers have it: 3,224,496,712.
    ["it would begin behind its end, above two gibibytes", -1_070_470_584, 2 ** 30],
  ])("is refused where %s", (_, address, bytes) => {
    expect(() => answering(address)._malloc(bytes)).toThrow("FGKD_OUT_OF_MEMORY");
  });

  test("is given out up to the last byte", () => {
    expect(answering(996)._malloc(4)).toBe(996);
    expect(answering(0)._malloc(0)).toBe(0);
  });
});
