/** Puts our kernels before those of tfjs' own backend for WebGPU, which serve every call that ours do not accept. */
import * as tf from "@tensorflow/tfjs";
import type { Call, GpuKernel } from "./kernel.js";
import { attentionKernels } from "./kernels/attention.js";
import { batchNormKernels } from "./kernels/batch-norm.js";
import { binaryKernels } from "./kernels/binary.js";
import { convolutionKernels } from "./kernels/convolution.js";
import { depthwiseKernels } from "./kernels/depthwise.js";
import { groupNormKernels } from "./kernels/group-norm.js";
import { imageKernels } from "./kernels/images.js";
import { layerNormKernels } from "./kernels/layer-norm.js";
import { layoutKernels } from "./kernels/layout.js";
import { matMulKernels } from "./kernels/mat-mul.js";
import { notFiniteKernel } from "./kernels/not-finite.js";
import { poolingKernels } from "./kernels/pooling.js";
import { reductionKernels } from "./kernels/reduction.js";
import { resizeKernels } from "./kernels/resize.js";
import { softmaxKernels } from "./kernels/softmax.js";
import { fusedPointwiseKernels, unaryKernels } from "./kernels/unary.js";
import { updateKernels } from "./kernels/updates.js";

const kernels: readonly GpuKernel[] = [
  ...matMulKernels,
  ...convolutionKernels,
  ...depthwiseKernels,
  ...fusedPointwiseKernels,
  ...unaryKernels,
  ...binaryKernels,
  ...updateKernels,
  notFiniteKernel,
  ...batchNormKernels,
  ...layerNormKernels,
  ...groupNormKernels,
  ...softmaxKernels,
  ...reductionKernels,
  ...attentionKernels,
  ...poolingKernels,
  ...imageKernels,
  ...resizeKernels,
  ...layoutKernels,
];

export function registerKernels(backendName: string): void {
  for (const kernel of kernels) {
    const fallback = tf.getKernel(kernel.name, backendName);
    if (fallback) tf.unregisterKernel(kernel.name, backendName);
    tf.registerKernel({ ...fallback, kernelName: kernel.name, backendName, kernelFunc: combine(kernel, fallback) });
  }
}

function combine(kernel: GpuKernel, fallback: tf.KernelConfig | undefined): tf.KernelFunc {
  return (parameters) => {
    // Our backend is the only one that these kernels are registered for.
    const call = { ...parameters, attrs: parameters.attrs ?? {} } as unknown as Call;
    if (kernel.accepts(call)) return kernel.run(call);
    if (fallback) return fallback.kernelFunc(parameters);
    throw new Error(
      `webgpu: ${kernel.name} does not accept ${Object.values(call.inputs)
        .map(({ dtype, shape }) => `${dtype}[${shape}]`)
        .join(", ")}`,
    );
  };
}
