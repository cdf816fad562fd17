/** Prepared convolutions by shape: made once, kept while there is room, filters repacked at most once per value. */
import type * as tf from "@tensorflow/tfjs";
import type { Addon, ConvHandle } from "./addon.js";
import type { OnednnBackend } from "./backend.js";
import { isFastDepthwise, runDepthwise } from "./depthwise.js";
import type { CompleteOptions } from "./options.js";

export type ConvKind = "forward" | "inputGradient" | "filterGradient";

export interface ConvSizes {
  readonly info: tf.backend_util.Conv2DInfo;
  readonly kind: ConvKind;
  readonly groups: number;
  readonly bias: boolean;
  readonly activation: "linear" | "relu" | "relu6";
}

interface Plan {
  readonly handle: ConvHandle;
  readonly packedBytes: number;
}

const kinds: readonly ConvKind[] = ["forward", "inputGradient", "filterGradient"];
const activations = ["linear", "relu", "relu6"];
/** More shapes than a run of several networks at several resolutions has. */
const capacity = 4096;
/** Below this many operations a measurement costs more than it can ever save. */
const worthTuning = 1e7;

export class ConvPlans {
  readonly #plans = new Map<string, Plan>();

  constructor(
    readonly addon: Addon,
    readonly options: Pick<CompleteOptions, "winograd" | "autotune">,
  ) {}

  /** Runs a convolution on images as they lie; which of the tensors is written follows from the kind. */
  run(
    backend: OnednnBackend,
    sizes: ConvSizes,
    images: tf.TensorInfo,
    filter: tf.TensorInfo,
    results: tf.TensorInfo,
    bias?: tf.TensorInfo,
  ): void {
    if (isFastDepthwise(sizes)) {
      runDepthwise(this.addon, backend, sizes, images, filter, results, bias);
      return;
    }
    const inputBlocked = backend.isBlocked(images);
    const outputBlocked = backend.isBlocked(results);
    const x = inputBlocked ? backend.blocked(images) : backend.values(images);
    const y = outputBlocked ? backend.blocked(results) : backend.values(results);
    const w = backend.values(filter);
    const b = bias === undefined ? null : backend.values(bias);
    const fields = [...fieldsOf(sizes), Number(inputBlocked), Number(outputBlocked)];
    const plan = this.#planFor(fields, operations(sizes), (handle) =>
      this.addon.convTune(handle, x, w, y, b, !this.options.winograd),
    );
    const packed = plan.packedBytes > 0 ? this.#packed(backend, plan, filter) : null;
    this.addon.convRun(plan.handle, x, w, y, b, packed);
  }

  #planFor(fields: number[], operations: number, tune: (handle: ConvHandle) => number): Plan {
    const key = fields.join();
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const handle = this.addon.convPlan(Int32Array.from(fields), undefined, !this.options.winograd);
    if (this.options.autotune && operations > worthTuning) tune(handle);
    const plan = { handle, packedBytes: this.addon.convPackedBytes(handle) };
    if (this.#plans.size >= capacity) this.#plans.clear();
    this.#plans.set(key, plan);
    return plan;
  }

  /**
   * The filter in the plan's layout, or null if it is to be packed in passing: a filter in training is used once in each
   * direction and then replaced, so only the second use shows that keeping it pays.
   */
  #packed(backend: OnednnBackend, { handle, packedBytes }: Plan, filter: tf.TensorInfo): Uint8Array | null {
    const entry = backend.data.get(filter.dataId);
    entry.packed ??= new Map();
    const known = entry.packed.get(handle);
    if (known === undefined) {
      entry.packed.set(handle, null);
      return null;
    }
    if (known !== null) return known;
    const packed = backend.take("bool", packedBytes);
    this.addon.convPack(handle, backend.values(filter), packed);
    entry.packed.set(handle, packed);
    return packed;
  }
}

/** In the order of `ConvShape` in native/conv.h, but for its last two fields, the order of the images. */
function fieldsOf({ info, kind, groups, bias, activation }: ConvSizes): number[] {
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = info;
  // The end's padding is what the last window needs: with it, the output's size follows from the input's.
  const reach = (out: number, stride: number, size: number, dilation: number) =>
    (out - 1) * stride + (size - 1) * dilation + 1;
  const bottom = reach(info.outHeight, strideHeight, filterHeight, dilationHeight) - info.inHeight - padInfo.top;
  const right = reach(info.outWidth, strideWidth, filterWidth, dilationWidth) - info.inWidth - padInfo.left;
  return [
    ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.outChannels],
    ...[filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth],
    ...[padInfo.top, Math.max(0, bottom), padInfo.left, Math.max(0, right), info.outHeight, info.outWidth],
    ...[groups, kinds.indexOf(kind), Number(bias), activations.indexOf(activation)],
  ];
}

function operations({ info, groups }: ConvSizes): number {
  const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels } = info;
  return (2 * batchSize * outHeight * outWidth * outChannels * filterHeight * filterWidth * inChannels) / groups;
}
