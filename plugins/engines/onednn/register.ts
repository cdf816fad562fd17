/** Registers native kernels, and for every other kernel the one of tfjs' CPU backend, on the same memory. */
import * as tf from "@tensorflow/tfjs";
import type { Addon } from "./addon.js";
import type { OnednnBackend } from "./backend.js";
import type { Call, NativeKernel } from "./kernel.js";
import { attentionKernels } from "./kernels/attention.js";
import { batchNormKernels } from "./kernels/batch-norm.js";
import { convolutionKernels } from "./kernels/convolution.js";
import { elementwiseKernels } from "./kernels/elementwise.js";
import { layerNormKernels } from "./kernels/layer-norm.js";
import { layoutKernels } from "./kernels/layout.js";
import { matMulKernels } from "./kernels/mat-mul.js";
import { poolingKernels } from "./kernels/pooling.js";
import { reductionKernels } from "./kernels/reduction.js";
import { replaceBoxKernels } from "./kernels/replace-box.js";
import { resizeKernels } from "./kernels/resize.js";
import type { CompleteOptions } from "./options.js";
import { trace } from "./trace.js";

/** Kernels that only look at a tensor anew: nothing is gained by native code. */
const views = new Set(["Identity", "Reshape", "ExpandDims"]);

export function registerKernels(backendName: string, addon: Addon, options: CompleteOptions): void {
  const native = new Map([
    ...convolutionKernels(addon, options),
    ...matMulKernels(addon),
    ...attentionKernels(addon),
    ...elementwiseKernels(addon),
    ...reductionKernels(addon),
    ...layoutKernels(addon),
    ...poolingKernels(addon),
    ...resizeKernels(addon),
    ...replaceBoxKernels(addon),
    ...batchNormKernels(addon),
    ...layerNormKernels(addon),
  ]);
  const fallbacks = new Map(tf.getKernelsForBackend("cpu").map((kernel) => [kernel.kernelName, kernel]));
  for (const kernelName of new Set([...fallbacks.keys(), ...native.keys()])) {
    const fallback = fallbacks.get(kernelName);
    const kernelFunc = combine(kernelName, native.get(kernelName), fallback?.kernelFunc);
    const { setupFunc, disposeFunc } = fallback ?? {};
    tf.registerKernel({ kernelName, backendName, kernelFunc, setupFunc, disposeFunc });
  }
}

function combine(name: string, native: NativeKernel | undefined, fallback: tf.KernelFunc | undefined): tf.KernelFunc {
  return trace(name, (parameters) => {
    // Our own backend is the only one that these kernels are registered for.
    const call = { ...parameters, attrs: parameters.attrs ?? {} } as unknown as Call & { backend: OnednnBackend };
    const tensors = tensorsOf(call.inputs);
    if (native?.accepts(call, tensors)) {
      try {
        const made = native.run(call);
        if (call.backend.usesBf16) for (const info of tensors) call.backend.narrow(info);
        return made;
      } catch (cause) {
        throw new Error(`onednn: ${name} of ${tensors.map(describe).join(", ")}: ${(cause as Error).message}`, {
          cause,
        });
      }
    }
    if (fallback === undefined) {
      throw new Error(`onednn: ${name} does not accept ${tensors.map(describe).join(", ")}`);
    }
    if (!views.has(name)) {
      trace.fallback(name, tensors.map(describe).join(", "));
      call.backend.pool.witness?.refuse();
    }
    const made = fallback(parameters);
    if (call.backend.usesBf16) for (const info of tensors) call.backend.narrow(info);
    return made;
  });
}

function tensorsOf(inputs: Call["inputs"]): tf.TensorInfo[] {
  return Object.values(inputs).filter((input) => input != null);
}

function describe({ dtype, shape }: tf.TensorInfo): string {
  return `${dtype}[${shape}]`;
}
