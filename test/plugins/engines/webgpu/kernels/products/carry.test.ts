import { describe, expect, test } from "vitest";
import type { Call } from "../../../../../../plugins/engines/webgpu/kernel.js";
import { infoOf } from "../../../../../../plugins/engines/webgpu/kernels/convolution-info.js";
import { forwardProduct } from "../../../../../../plugins/engines/webgpu/kernels/convolution-products.js";
import { threadsShader } from "../../../../../../plugins/engines/webgpu/kernels/products/threads.js";

/** A convolution of three channels, whose values are read one by one. */
const colours = () => {
  const call = { attrs: { strides: 1, pad: 1 } } as unknown as Call;
  const tile = { rows: 128, columns: 16, depth: 16, each: [4, 4] } as const;
  return threadsShader(forwardProduct(infoOf(call, [3, 64, 64, 3], [3, 3, 3, 8])), { tile, parts: 1 }).text().main;
};

describe("what carries a side of a product to its tile", () => {
  test("asks for a value's row, column and depth in one condition, and has no branch for each of them", () => {
    const text = colours();
    expect(text.match(/if \(\(\(u32\(y.*\) & \(u32\(x.* & \(.* < depth\)\) \{/g)).toHaveLength(32);
    // SwiftShader had no end of compiling those of one shader, nor of the memory for it.
    expect(text).not.toContain("&&");
  });
});
