/** What is said of a fused kernel. */

/** How a row describes an attribute. */
interface Attribute {
  readonly type: "number" | "boolean";
  readonly says: string;
}

/** A fused kernel: float32 tensors in, float32 tensors out. */
export interface KernelRow {
  /** Whether `inputs` and `outputs` are lists: tfjs has them under 0, 1, 2, …, the first of each list before the second of any. */
  readonly isOfLists?: boolean;
  /** Of a kernel of lists: inputs that are one for all, under their own names. */
  readonly besides?: Readonly<Record<string, string>>;
  /** By name, the shape. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** In order, name and shape. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The values. */
  readonly computes: string;
  /** What runs in its place where the engine lacks it. */
  readonly otherwise: string;
}
