/** What is told of an adapter. */
import type { Adapter } from "./adapters.js";

/** What the published types do not have yet. */
interface MatrixSizes {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Vendor and driver, what it has of what our kernels can use, and the largest buffer. */
export function describeAdapter({ adapter, isSoftware }: Adapter): string {
  const { info, limits } = adapter;
  const { vendor, architecture, description } = info;
  return [
    [vendor, architecture].filter(Boolean).join(" "),
    description,
    ...featuresOf(adapter),
    `buffers of up to ${mebibytes(limits.maxBufferSize)} MiB`,
    ...(isSoftware ? ["software, in place of a GPU"] : []),
  ]
    .filter(Boolean)
    .join(", ");
}

/** Whether products of f16 matrices, with sums in f32, are among what it multiplies at once. */
export function hasMatrixUnits(adapter: GPUAdapter): boolean {
  return (
    adapter.features.has("shader-f16") &&
    matricesOf(adapter).some((sizes) => sizes.componentType === "f16" && sizes.resultComponentType === "f32")
  );
}

function featuresOf(adapter: GPUAdapter): readonly string[] {
  const { subgroupMinSize: least, subgroupMaxSize: most } = adapter.info;
  const has = (feature: string) => adapter.features.has(feature as GPUFeatureName);
  const matrices = matricesOf(adapter).filter(({ componentType }) => componentType === "f16");
  return [
    ...(has("shader-f16") ? ["f16"] : []),
    ...(has("subgroups") ? [`subgroups of ${least === most ? least : `${least} to ${most}`}`] : []),
    ...(matrices.length > 0
      ? [`matrix units ${[...new Set(matrices.map(({ M, N, K }) => `${M}×${N}×${K}`))].join(" ")}`]
      : []),
  ];
}

function matricesOf({ features, info }: GPUAdapter): readonly MatrixSizes[] {
  if (!features.has("chromium-experimental-subgroup-matrix" as GPUFeatureName)) return [];
  const { subgroupMatrixConfigs = [] } = info as { readonly subgroupMatrixConfigs?: readonly MatrixSizes[] };
  return subgroupMatrixConfigs;
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}
