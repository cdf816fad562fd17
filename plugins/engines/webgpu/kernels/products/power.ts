/** What a device can do that products make use of. */

/** Units that multiply small matrices of f16 and add up in f32, one for each subgroup. */
export interface MatrixUnits {
  /** Of what one instruction multiplies. */
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Threads of a subgroup. */
  readonly threads: number;
}

export interface Power {
  /** Whether shaders may hold f16. */
  readonly halves: boolean;
  readonly matrices: MatrixUnits | null;
  /** Bytes of workgroup memory. */
  readonly memory: number;
  /** Threads of a workgroup. */
  readonly threads: number;
}

/** As Dawn describes them; the published types do not know them yet. */
interface Config {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

export function powerOf(device: GPUDevice, info: GPUAdapterInfo): Power {
  const { features, limits } = device;
  const halves = features.has("shader-f16");
  return {
    halves,
    matrices: halves && features.has("subgroups") ? matricesOf(features, info) : null,
    memory: limits.maxComputeWorkgroupStorageSize,
    threads: limits.maxComputeInvocationsPerWorkgroup,
  };
}

/** The largest, where all subgroups are of one size: only then is it known which threads belong together. */
function matricesOf(features: GPUSupportedFeatures, info: GPUAdapterInfo): MatrixUnits | null {
  const { subgroupMinSize, subgroupMaxSize } = info;
  if (!features.has("chromium-experimental-subgroup-matrix")) return null;
  if (subgroupMinSize === undefined || subgroupMinSize !== subgroupMaxSize) return null;
  const configs = (info as { readonly subgroupMatrixConfigs?: Iterable<Config> }).subgroupMatrixConfigs ?? [];
  const [best] = [...configs]
    .filter(({ componentType, resultComponentType }) => componentType === "f16" && resultComponentType === "f32")
    .sort((one, other) => other.M * other.N * other.K - one.M * one.N * one.K);
  return best ? { rows: best.M, columns: best.N, depth: best.K, threads: subgroupMinSize } : null;
}
