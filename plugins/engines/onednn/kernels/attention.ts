/** Attention of packed tokens, with its gradient: no whole map of a head is ever stored. */
import type * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.js";
import { writeFloats } from "../bf16.js";
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
  writeFloats(backend, y, (made) => addon.selfAttention(backend.values(packed), made, ...sizes));
  return y;
}

function attendGrad(addon: Addon, call: Call): tf.TensorInfo {
  const { backend } = call;
  const [dy, packed] = [input(call, "dy"), input(call, "packed")];
  const dPacked = backend.isBf16(packed) ? backend.bf16Output(packed.shape) : backend.output(packed.shape, "float32");
  writeFloats(backend, dPacked, (made) =>
    addon.selfAttentionGrad(backend.values(dy), backend.values(packed), made, ...sizesOf(call)),
  );
  return dPacked;
}

function sizesOf(call: Call): [batch: number, tokens: number, channels: number, heads: number] {
  const [batch = 0, tokens = 0, width = 0] = input(call, "packed").shape;
  return [batch, tokens, width / 3, Number(call.attrs.heads)];
}
