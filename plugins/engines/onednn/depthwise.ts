/** Depthwise convolutions that native loops serve better than oneDNN: at stride 1, with windows of 3, 5 or 7 columns. */
import type { Addon, Values } from "./addon.js";
import type { ConvSizes } from "./conv-sizes.js";

const columns = [3, 5, 7];
const tallest = 15;
const widest = 1 << 16;

/** Whether `runDepthwise` serves this convolution. */
export function isFastDepthwise({ info, groups }: ConvSizes): boolean {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, filterHeight, filterWidth } = info;
  const isDepthwise = groups > 1 && groups === info.inChannels && info.outChannels === info.inChannels;
  const isDense = [strideHeight, strideWidth, dilationHeight, dilationWidth].every((step) => step === 1);
  const isSmall = columns.includes(filterWidth) && filterHeight <= tallest && info.inWidth < widest;
  return isDepthwise && isDense && isSmall;
}

/** Images, filter and results, of which one is written, as the kind says. */
export function runDepthwise(
  addon: Addon,
  { info, kind, activation }: ConvSizes,
  x: Values,
  w: Values,
  y: Values,
  bias: Values | null,
): void {
  const { padInfo } = info;
  // In the order of `DepthwiseShape` in native/loops.h.
  const shape = Int32Array.of(
    ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.filterHeight, info.filterWidth],
    ...[padInfo.top, padInfo.left, info.outHeight, info.outWidth],
  );
  if (kind === "inputGradient") {
    addon.depthwiseInputGrad(y, w, x, shape);
  } else if (kind === "filterGradient") {
    addon.depthwiseFilterGrad(x, y, w, shape);
  } else {
    addon.depthwise(x, w, bias, y, shape);
    const op = { linear: undefined, relu: addon.unaryOps.Relu, relu6: addon.unaryOps.Relu6 }[activation];
    if (op !== undefined) addon.unary(op, y, y, 0, 0);
  }
}
