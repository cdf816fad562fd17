/** The products that a training step of some networks multiplies: their convolutions and linear layers, each with its count. */
import * as tf from "@tensorflow/tfjs";
import type { ConvolutionInfo } from "../../plugins/engines/webgpu/kernels/convolution-info.js";

/** A layer, and how many of the kind the network has. */
export type Layer = { readonly count: number } & (
  | { readonly kind: "convolution" | "depthwise"; readonly info: ConvolutionInfo; readonly isFirst: boolean }
  | { readonly kind: "linear"; readonly rows: number; readonly from: number; readonly to: number }
);

function convolution(
  count: number,
  [batch, side, from, to]: readonly [batch: number, side: number, from: number, to: number],
  size: number,
  stride = 1,
  { padding = size >> 1, depthwise = false } = {},
): Layer {
  const filter: [number, number, number, number] = [size, size, from, depthwise ? 1 : to];
  const info = tf.backend_util.computeConv2DInfo(
    [batch, side, side, from],
    filter,
    stride,
    1,
    padding,
    "floor",
    depthwise,
  );
  return { kind: depthwise ? "depthwise" : "convolution", info, count, isFirst: from === 3 };
}

const linear = (count: number, rows: number, from: number, to: number): Layer => ({
  kind: "linear",
  count,
  rows,
  from,
  to,
});

/** Two 3×3 convolutions a block. */
function resnet18(batch: number, side: number): Layer[] {
  const stages = [64, 128, 256, 512].flatMap((width, stage) => {
    const own = side >> (stage + 2);
    if (stage === 0) return [convolution(4, [batch, own, 64, 64], 3)];
    return [
      convolution(1, [batch, own * 2, width / 2, width], 3, 2),
      convolution(3, [batch, own, width, width], 3),
      convolution(1, [batch, own * 2, width / 2, width], 1, 2),
    ];
  });
  return [convolution(1, [batch, side, 3, 64], 7, 2), ...stages, linear(1, batch, 512, 200)];
}

/** 1×1, 3×3 and 1×1 a block; the 3×3 has the stride. */
function resnet50(batch: number, side: number): Layer[] {
  const blocks = [3, 4, 6, 3];
  const stages = [64, 128, 256, 512].flatMap((width, stage) => {
    const own = side >> (stage + 2);
    const stride = stage === 0 ? 1 : 2;
    const before = stage === 0 ? 64 : width * 2;
    const rest = (blocks[stage] as number) - 1;
    return [
      convolution(1, [batch, own * stride, before, width], 1),
      convolution(1, [batch, own * stride, width, width], 3, stride),
      convolution(1, [batch, own * stride, before, width * 4], 1, stride),
      convolution(rest + 1, [batch, own, width, width * 4], 1),
      convolution(rest, [batch, own, width * 4, width], 1),
      convolution(rest, [batch, own, width, width], 3),
    ];
  });
  return [convolution(1, [batch, side, 3, 64], 7, 2), ...stages, linear(1, batch, 2048, 200)];
}

/** Attention itself is a kernel of its own. */
function deitBase(batch: number, side: number): Layer[] {
  const tokens = batch * ((side / 16) ** 2 + 2);
  return [
    convolution(1, [batch, side, 3, 768], 16, 16, { padding: 0 }),
    linear(12, tokens, 768, 2304),
    linear(12, tokens, 768, 768),
    linear(12, tokens, 768, 3072),
    linear(12, tokens, 3072, 768),
  ];
}

function convnextBase(batch: number, side: number): Layer[] {
  const depths = [3, 3, 27, 3];
  const stages = [128, 256, 512, 1024].flatMap((width, stage) => {
    const own = side >> (stage + 2);
    const count = depths[stage] as number;
    return [
      ...(stage === 0 ? [] : [convolution(1, [batch, own * 2, width / 2, width], 2, 2, { padding: 0 })]),
      convolution(count, [batch, own, width, width], 7, 1, { depthwise: true }),
      linear(count, batch * own * own, width, width * 4),
      linear(count, batch * own * own, width * 4, width),
    ];
  });
  return [convolution(1, [batch, side, 3, 128], 4, 4, { padding: 0 }), ...stages, linear(1, batch, 1024, 200)];
}

export const networks: Readonly<Record<string, readonly Layer[]>> = {
  "ResNet-18 16@128": resnet18(16, 128),
  "ResNet-50 16@128": resnet50(16, 128),
  "ResNet-50 16@448": resnet50(16, 448),
  "DeiT-B 16@384": deitBase(16, 384),
  "ConvNeXt-B 16@384": convnextBase(16, 384),
};
