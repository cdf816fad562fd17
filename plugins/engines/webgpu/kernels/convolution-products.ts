/** Which products a convolution and its gradients are. */
import { type ConvolutionInfo, isOwnPixels } from "./convolution-info.js";
import { filterSide, type Patches, patchSide } from "./products/patches.js";
import type { Product, Uneven } from "./products/product.js";
import { matrixSide } from "./products/side.js";

/** Pixels of the result × filters, over the values of a patch. */
export function forwardProduct(info: ConvolutionInfo): Product {
  const { batchSize, outHeight, outWidth, filterHeight, filterWidth, inChannels, outChannels } = info;
  return {
    rows: batchSize * outHeight * outWidth,
    columns: outChannels,
    depth: filterHeight * filterWidth * inChannels,
    batch: 1,
    a: isOwnPixels(info) ? matrixSide("0u", { outer: inChannels, depth: 1 }) : patchSide(patchesOf(info), "taps"),
    b: matrixSide("0u", { outer: 1, depth: outChannels }),
  };
}

/** Values of a filter × filters, over the pixels of the result. */
export function filterGradientProduct(info: ConvolutionInfo): Product {
  const { batchSize, outHeight, outWidth, filterHeight, filterWidth, inChannels, outChannels } = info;
  return {
    rows: filterHeight * filterWidth * inChannels,
    columns: outChannels,
    depth: batchSize * outHeight * outWidth,
    batch: 1,
    a: isOwnPixels(info) ? matrixSide("0u", { outer: 1, depth: inChannels }) : patchSide(patchesOf(info), "pixels"),
    b: matrixSide("0u", { outer: 1, depth: outChannels }),
  };
}

function patchesOf(info: ConvolutionInfo): Patches {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterWidth, padInfo } = info;
  return {
    height: inHeight,
    width: inWidth,
    channels: inChannels,
    down: `${outHeight}u`,
    across: `${outWidth}u`,
    strides: [info.strideHeight, info.strideWidth],
    origin: [`(${-padInfo.top})`, `(${-padInfo.left})`],
    steps: [info.dilationHeight, info.dilationWidth],
    taps: `${filterWidth}u`,
  };
}

/**
 * Pixels of the input × its channels, over those taps and filters that reach a pixel. Which taps do depends on the pixel's
 * row and column modulo the stride: each of these phases is a product of its own, with no zeros between the pixels of `dy`.
 */
export function inputGradientProduct(info: ConvolutionInfo): Product {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const shared = { columns: inChannels, batch: strideHeight * strideWidth };
  if (isOwnPixels(info)) {
    return {
      ...shared,
      rows: batchSize * inHeight * inWidth,
      depth: outChannels,
      a: matrixSide("0u", { outer: outChannels, depth: 1 }),
      b: matrixSide("0u", { outer: outChannels, depth: 1 }),
    };
  }
  return {
    ...shared,
    rows: batchSize * Math.ceil(inHeight / strideHeight) * Math.ceil(inWidth / strideWidth),
    depth: Math.ceil(filterHeight / strideHeight) * Math.ceil(filterWidth / strideWidth) * outChannels,
    a: patchSide(
      {
        height: outHeight,
        width: outWidth,
        channels: outChannels,
        down: "down",
        across: "across",
        strides: [1, 1],
        origin: ["originY", "originX"],
        steps: [-1, -1],
        taps: "tapsX",
      },
      "taps",
    ),
    b: filterSide({
      width: filterWidth,
      inside: inChannels,
      outside: outChannels,
      first: ["firstY", "firstX"],
      steps: [strideHeight, strideWidth],
      taps: "tapsX",
    }),
    uneven: phases(info),
  };
}

/** A row of the gradient is a pixel of the phase; its first tap is the one that the padding and the phase leave. */
function phases(info: ConvolutionInfo): Uneven {
  const { batchSize, inHeight, inWidth, inChannels, outChannels, padInfo } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const axis = (name: "Y" | "X", phase: string, side: number, filter: number, stride: number, pad: number) => `
let phase${name} = ${phase};
let first${name} = (phase${name} + ${pad}u) % ${stride}u;
let taps${name} = (max(first${name}, ${filter}u) - first${name} + ${stride - 1}u) / ${stride}u;
let origin${name} = i32((phase${name} + ${pad}u - first${name}) / ${stride}u);
let size${name} = (max(phase${name}, ${side}u) - phase${name} + ${stride - 1}u) / ${stride}u;`;
  return {
    key: `phases ${[batchSize, inHeight, inWidth, inChannels, outChannels, padInfo.top, padInfo.left, filterHeight, filterWidth, strideHeight, strideWidth].join(" ")}`,
    depthUnit: outChannels,
    units: filterHeight * filterWidth,
    prelude: `${axis("Y", `batch / ${strideWidth}u`, inHeight, filterHeight, strideHeight, padInfo.top)}
${axis("X", `batch % ${strideWidth}u`, inWidth, filterWidth, strideWidth, padInfo.left)}
let down = max(sizeY, 1u);
let across = max(sizeX, 1u);
let rows = ${batchSize}u * sizeY * sizeX;
let depth = tapsY * tapsX * ${outChannels}u;`,
    start: (row) =>
      `(((${row} / (down * across)) * ${inHeight}u + (${row} / across % down) * ${strideHeight}u + phaseY) * ${inWidth}u + (${row} % across) * ${strideWidth}u + phaseX) * ${inChannels}u`,
  };
}
