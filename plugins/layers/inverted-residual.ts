/** The blocks of MobileNetV2 and EfficientNet: wide inside, thin between them. */
import * as tf from "@tensorflow/tfjs";
import { globalAveragePool, silu } from "../../core/ops/index.js";
import { type Construction, type Layer, tidied } from "./construction.js";
import { type ConvolutionNames, type NormalisedShape, normalisedConvolution } from "./convolution.js";
import { dropPath } from "./drop-path.js";
import { constant, normal } from "./initializers.js";
import { linear } from "./linear.js";

export interface InvertedResidualShape {
  readonly from: number;
  /** Channels inside; as many as `from`: nothing widens them. */
  readonly inner: number;
  readonly to: number;
  /** Side of the depthwise kernel. */
  readonly size: number;
  readonly stride: number;
  readonly activation: "relu6" | "silu";
  /** Hidden values of the gate on the inner channels. Default: there is no gate. */
  readonly squeezed?: number;
  /** Share of images for which a training step leaves out the branch, where there is a residual. */
  readonly dropPath: number;
}

/**
 * A 1×1 convolution that widens, a depthwise one, perhaps a gate on its channels, a 1×1 convolution without activation. The
 * input is added where it has the sides and the channels of the result.
 *
 * @param parts names of the convolution and its norm by their place among the layers, from 0
 * @param gate name of the gate by its place
 * @see "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018
 */
export function invertedResidual(
  at: Construction,
  shape: InvertedResidualShape,
  parts: (place: number, isLast: boolean) => ConvolutionNames,
  gate: (place: number) => string = () => "",
): Layer {
  const { from, inner, to, size, stride, activation, squeezed } = shape;
  const layers: Layer[] = [];
  const add = (convolution: NormalisedShape, isLast = false) =>
    layers.push(normalisedConvolution(at, parts(layers.length, isLast), convolution));
  if (inner !== from) add({ from, to: inner, size: 1, stride: 1, activation });
  add({ from: inner, to: inner, size, stride, depthwise: true, activation });
  if (squeezed !== undefined) layers.push(channelGate(at, gate(layers.length), inner, squeezed));
  add({ from: inner, to, size: 1, stride: 1 }, true);

  const drop = dropPath(at.random, shape.dropPath);
  const isResidual = stride === 1 && from === to;
  return (x, mode) =>
    tidied(at, () => {
      const branch = layers.reduce((map, layer) => layer(map, mode), x);
      return isResidual ? drop(branch, mode).add<tf.Tensor4D>(x) : branch;
    });
}

/**
 * Squeeze and excitation: `x · sigmoid(W2·silu(W1·g + b1) + b2)` with `g` the global average of each channel, the weights under
 * `<name>.fc1` and `.fc2` as convolutions of one pixel: kaiming normal, biases 0.
 */
function channelGate(at: Construction, name: string, channels: number, hidden: number): Layer {
  const layer = (part: string, from: number, to: number) => {
    const start = { weight: normal(at.random, Math.sqrt(2 / to)), bias: constant(0) };
    return linear(at, `${name}.${part}`, from, to, start, "pointwise");
  };
  const [fc1, fc2] = [layer("fc1", channels, hidden), layer("fc2", hidden, channels)];
  return (x) => {
    const gate = tf.sigmoid(fc2.apply(silu(fc1.apply(globalAveragePool(x)))));
    return x.mul<tf.Tensor4D>(gate.reshape([x.shape[0], 1, 1, channels]));
  };
}

/**
 * A number of channels scaled and brought to the nearest multiple of 8, at least 8 and no more than a tenth below: as both
 * networks do it.
 */
export function scaledChannels(channels: number, factor: number): number {
  const scaled = channels * factor;
  const rounded = Math.max(8, Math.floor((scaled + 4) / 8) * 8);
  return rounded < 0.9 * scaled ? rounded + 8 : rounded;
}
