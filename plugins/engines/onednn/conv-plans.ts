/** Prepared convolutions by shape: made once, kept while there is room, filters repacked at most once per value. */
import type * as tf from "@tensorflow/tfjs";
import type { Addon, ConvHandle, Values } from "./addon.js";
import type { OnednnBackend } from "./backend.js";
import { asBf16, asRoundedFloats, writeFloats } from "./bf16.js";
import type { ConvKind, ConvSizes } from "./conv-sizes.js";
import { isFastDepthwise, runDepthwise } from "./depthwise.js";
import type { CompleteOptions } from "./options.js";
import { packedFilter } from "./packed-filters.js";

interface Plan {
  readonly handle: ConvHandle;
  readonly packedBytes: number;
}

/** The tensors of a convolution; which of them is written follows from the kind. */
export interface ConvTensors {
  readonly images: tf.TensorInfo;
  readonly filter: tf.TensorInfo;
  readonly results: tf.TensorInfo;
  readonly bias?: tf.TensorInfo | undefined;
  /** In the order of the results: then these are max(· + residual, 0). Of a convolution without an activation, of floats. */
  readonly residual?: Values | undefined;
}

const kinds: readonly ConvKind[] = ["forward", "inputGradient", "filterGradient"];
const written = { forward: "results", inputGradient: "images", filterGradient: "filter" } as const;
const activations = ["linear", "relu", "relu6"];
/** More shapes than a run of several networks at several resolutions has. */
const capacity = 4096;
/** Below this many operations a measurement costs more than it can ever save. */
const worthTuning = 1e7;

export class ConvPlans {
  /** Null where images kept as bf16 are to be widened first. */
  readonly #plans = new Map<string, Plan | null>();

  constructor(
    readonly addon: Addon,
    readonly options: Pick<CompleteOptions, "winograd" | "autotune">,
  ) {}

  /** Runs a convolution on images as they lie. */
  run(backend: OnednnBackend, sizes: ConvSizes, tensors: ConvTensors): void {
    if (backend.usesBf16) {
      this.#runBf16(backend, sizes, tensors);
      return;
    }
    const { images, filter, results, bias, residual } = tensors;
    // Our own depthwise loops know no blocks.
    const takesBlocks = !isFastDepthwise(sizes);
    const blocked = [images, results].map((info) => takesBlocks && backend.isBlocked(info)) as [boolean, boolean];
    const [x, y] = [images, results].map((info, at) =>
      blocked[at] ? backend.blocked(info) : backend.values(info),
    ) as [Values, Values];
    const b = bias === undefined ? null : backend.values(bias);
    const packed = ({ handle, packedBytes }: Plan) => packedFilter(backend, handle, packedBytes, filter);
    this.#runFloats(sizes, x, backend.values(filter), y, b, blocked, packed, residual);
  }

  /** On floats, as they lie; `packed` gives the filter in a plan's layout. */
  #runFloats(
    sizes: ConvSizes,
    x: Values,
    w: Values,
    y: Values,
    b: Values | null,
    [inputBlocked, outputBlocked]: readonly [boolean, boolean] = [false, false],
    packed: (plan: Plan) => Uint8Array | null = () => null,
    residual: Values | null = null,
  ): void {
    if (isFastDepthwise(sizes)) {
      runDepthwise(this.addon, sizes, x, w, y, b);
      return;
    }
    const fields = [...fieldsOf(sizes), Number(inputBlocked), Number(outputBlocked)];
    const plan = this.#planFor(fields, operations(sizes), (handle) =>
      this.addon.convTune(handle, x, w, y, b, !this.options.winograd),
    );
    this.addon.convRun(plan.handle, x, w, y, b, plan.packedBytes > 0 ? packed(plan) : null, residual);
  }

  /** With operands of bf16: by the processor's units, or the same numbers as floats. */
  #runBf16(backend: OnednnBackend, sizes: ConvSizes, { images, filter, results, bias }: ConvTensors): void {
    const b = bias === undefined ? null : backend.values(bias);
    const plan = isFastDepthwise(sizes) ? null : this.#bf16PlanFor([...fieldsOf(sizes), 0, 0]);
    if (plan !== null) {
      asBf16(backend, [images, results], ([x, y]) => {
        const packed = plan.packedBytes > 0 ? packedFilter(backend, plan.handle, plan.packedBytes, filter) : null;
        this.addon.convRun(plan.handle, x as Uint16Array, backend.values(filter), y as Uint16Array, b, packed);
      });
      return;
    }
    const names = (["images", "filter", "results"] as const).filter((name) => name !== written[sizes.kind]);
    const tensors = { images, filter, results };
    asRoundedFloats(
      backend,
      names.map((name) => tensors[name]),
      (read) =>
        writeFloats(backend, tensors[written[sizes.kind]], (made) => {
          const values = Object.fromEntries(names.map((name, i) => [name, read[i] as Values]));
          const { images: x = made, filter: w = made, results: y = made } = values;
          this.#runFloats(sizes, x, w, y, b);
        }),
    );
  }

  #planFor(fields: number[], operations: number, tune: (handle: ConvHandle) => number): Plan {
    return this.#kept(fields, () => {
      const handle = this.addon.convPlan(Int32Array.from(fields), undefined, !this.options.winograd);
      if (this.options.autotune && operations > worthTuning) tune(handle);
      return { handle, packedBytes: this.addon.convPackedBytes(handle) };
    });
  }

  #bf16PlanFor(fields: number[]): Plan | null {
    return this.#kept(["bf16", ...fields], () => {
      const handle = this.addon.convPlanBf16(Int32Array.from(fields), !this.options.winograd);
      return handle && { handle, packedBytes: this.addon.convPackedBytes(handle) };
    });
  }

  #kept<P extends Plan | null>(fields: (number | string)[], make: () => P): P {
    const key = fields.join();
    const known = this.#plans.get(key);
    // What was made for these fields, which say whether it may be null.
    if (known !== undefined) return known as P;
    const plan = make();
    if (this.#plans.size >= capacity) this.#plans.clear();
    this.#plans.set(key, plan);
    return plan;
  }
}

/** In the order of `ConvShape` in native/conv.h, but for its last fields: the order of the images, and whether they are bf16. */
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
