/** What happens to a product's values before they are kept: a bias, and an activation. NaN stays NaN. */

export interface Finish {
  /** Whether a value is added to each column. Default false. */
  readonly bias?: boolean;
  /** Default: nothing. */
  readonly activation?: Activation;
  /** The slope of a leaky ReLU below 0. */
  readonly alpha?: number;
}

export type Activation = keyof typeof activations;

/** Of a value `v` of the type `T`. Comparisons, since `max` and `min` may drop a NaN. */
const activations = {
  linear: () => "v",
  relu: () => "select(v, T(0.0), v < T(0.0))",
  relu6: () => "select(select(v, T(0.0), v < T(0.0)), T(6.0), v > T(6.0))",
  elu: () => "select(v, exp(v) - T(1.0), v < T(0.0))",
  sigmoid: () => "T(1.0) / (T(1.0) + exp(-v))",
  leakyrelu: (alpha: number) => `select(v, v * T(${float(alpha)}), v < T(0.0))`,
};

export function isActivation(name: unknown): name is Activation {
  return typeof name === "string" && Object.hasOwn(activations, name);
}

export function finishKey({ bias = false, activation = "linear", alpha = 0 }: Finish): string {
  return `${bias ? "bias " : ""}${activation}${activation === "leakyrelu" ? ` ${alpha}` : ""}`;
}

/** Declares `finish(v, column)`, of one value or, with `vector`, of four columns. */
export function finishText({ bias, activation = "linear", alpha = 0 }: Finish, vector: boolean): string {
  const type = vector ? "vec4f" : "f32";
  const added = bias ? `value + bias[column${vector ? " / 4u" : ""}]` : "value";
  return `fn finish(value: ${type}, column: u32) -> ${type} {
  let v = ${added};
  return ${activations[activation](alpha).replaceAll("T(", `${type}(`)};
}`;
}

function float(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : `${value}`;
}
