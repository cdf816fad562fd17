/** Cases that tfjs' wasm kernels refuse or get wrong, and that its CPU kernels know how to do. */
import * as tf from "@tensorflow/tfjs";

/** What a kernel is called with, as far as these tests look. */
interface Call {
  readonly inputs: Readonly<Record<string, tf.TensorInfo | undefined>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

type Test = (call: Call) => boolean;

const onStrings: Test = ({ inputs }) => Object.values(inputs).some((tensor) => tensor?.dtype === "string");
const channelsFirst: Test = ({ attrs }) => attrs.dataFormat === "NCHW";
const biasNotPerChannel: Test = ({ inputs }) => inputs.bias != null && inputs.bias.shape.length !== 1;
const fills: Test = ({ attrs }) => attrs.dtype === "string" || typeof attrs.value === "string";
/** tfjs leaves pixels out when a pool of one pixel is padded. */
const poolsOnePixel: Test = ({ attrs: { filterSize, pad } }) =>
  [filterSize].flat().every((size) => size === 1) && pad !== "valid" && pad !== "same";
/** tfjs counts in each row of a matrix, where the operation is defined for vectors alone. */
const countsMatrix: Test = ({ inputs }) => inputs.x?.shape.length !== 1;

/** By kernel: whether a call is one of those cases. */
export const repairs: Readonly<Record<string, Test>> = {
  [tf.Equal]: onStrings,
  [tf.NotEqual]: onStrings,
  [tf.Greater]: onStrings,
  [tf.GreaterEqual]: onStrings,
  [tf.Less]: onStrings,
  [tf.LessEqual]: onStrings,
  [tf.SparseToDense]: onStrings,
  [tf.Fill]: fills,
  [tf.Conv2D]: channelsFirst,
  [tf.FusedConv2D]: (call) => channelsFirst(call) || biasNotPerChannel(call),
  [tf.FusedDepthwiseConv2D]: (call) => channelsFirst(call) || biasNotPerChannel(call),
  [tf.MaxPool]: poolsOnePixel,
  [tf.AvgPool]: poolsOnePixel,
  [tf.Bincount]: countsMatrix,
};
