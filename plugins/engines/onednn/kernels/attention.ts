/** Attention of packed tokens, with its gradient: no whole map of a head is ever stored. */
import type * as tf from "@tensorflow/tfjs";
import type { Addon, Stored } from "../addon.js";
import { asBf16 } from "../bf16.js";
import { type Call, floatKernel, input, type NamedKernel } from "../kernel.js";

export function attentionKernels(addon: Addon): NamedKernel[] {
  return [
    floatKernel("FgkdSelfAttention", (call) => attend(addon, call)),
    floatKernel("FgkdSelfAttentionGrad", (call) => attendGrad(addon, call)),
  ];
}

function attend(addon: Addon, call: Call): tf.TensorInfo {
  const { backend } = call;
  const packed = input(call, "packed");
  const sizes = sizesOf(call);
  const [batch, tokens, channels] = sizes;
  const shape = [batch, tokens, channels];
  const y = backend.isBf16(packed) ? backend.bf16Output(shape) : backend.output(shape, "float32");
  addon.selfAttention(backend.stored(packed), backend.stored(y), ...sizes);
  return y;
}

/** Kept as the tokens are: slopes of tokens in bf16 are rounded for it. */
function attendGrad(addon: Addon, call: Call): tf.TensorInfo {
  const { backend } = call;
  const [dy, packed] = [input(call, "dy"), input(call, "packed")];
  const sizes = sizesOf(call);
  if (!backend.isBf16(packed)) {
    const dPacked = backend.output(packed.shape, "float32");
    addon.selfAttentionGrad(backend.values(dy), backend.values(packed), backend.values(dPacked), ...sizes);
    return dPacked;
  }
  const dPacked = backend.bf16Output(packed.shape);
  asBf16(backend, [dy], ([slopes]) =>
    addon.selfAttentionGrad(slopes as Stored, backend.stored(packed), backend.stored(dPacked), ...sizes),
  );
  return dPacked;
}

function sizesOf(call: Call): [batch: number, tokens: number, channels: number, heads: number] {
  const [batch = 0, tokens = 0, width = 0] = input(call, "packed").shape;
  return [batch, tokens, width / 3, Number(call.attrs.heads)];
}
