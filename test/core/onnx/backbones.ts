/** Small networks of every family. */

const two = { depths: [1, 1], widths: [8, 16] };
const inverted = { ...two, strides: [1, 2], expansions: [1, 2], stem: 8 };

/** Options of registered backbones: each kind of layer that there is. */
export const families: Readonly<Record<string, { readonly name: string } & Readonly<Record<string, unknown>>>> = {
  resnet: { name: "resnet", ...two },
  "resnet of bottlenecks": { name: "resnet", ...two, block: "bottleneck" },
  vgg: { name: "vgg", ...two, hidden: 16 },
  convnext: { name: "convnext", ...two },
  deit: { name: "deit", size: 32, width: 16, heads: 2, depth: 2 },
  "distilled deit": { name: "deit", size: 32, width: 16, heads: 2, depth: 2, distilled: true },
  mobilenet: { name: "mobilenet", ...inverted, last: 16 },
  efficientnet: { name: "efficientnet", ...inverted, kernels: [3, 5] },
  bit: { name: "bit", depths: [1, 1], widths: [128, 128], stem: 32 },
  wrn: { name: "wrn", depth: 10, width: 1 },
};
