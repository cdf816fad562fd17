/** What an exported model makes of its logits, as `fgkd predict` does: shares of 1, at the temperature of its calibration. */
import { probabilitiesOf } from "../evaluation/scores.js";
import type { Graph, GraphNode } from "../graph/graph.js";

/** One more output, `probabilities`, `[batch, classes]`: the softmax of the logits over the temperature. */
export function withProbabilities(graph: Graph, temperature = 1): Graph {
  const logits = graph.outputs.logits as string;
  const value = graph.values.get(logits) as NonNullable<ReturnType<typeof graph.values.get>>;
  const isDivided = temperature !== 1;
  const divided: GraphNode = {
    kernel: "RealDiv",
    inputs: { a: logits, b: "probabilities.temperature" },
    attributes: {},
    outputs: ["probabilities.logits"],
  };
  const shares: GraphNode = {
    kernel: "Softmax",
    inputs: { logits: isDivided ? "probabilities.logits" : logits },
    attributes: { dim: -1 },
    outputs: ["probabilities"],
  };
  return {
    ...graph,
    outputs: { ...graph.outputs, probabilities: "probabilities" },
    nodes: [...graph.nodes, ...(isDivided ? [divided] : []), shares],
    values: new Map([...graph.values, ["probabilities.logits", value], ["probabilities", value]]),
    constants: isDivided
      ? new Map([...graph.constants, ["probabilities.temperature", { shape: [], data: Float32Array.of(temperature) }]])
      : graph.constants,
  };
}

/** The largest difference of what a model says to be probabilities from those of its own logits, row by row. */
export function apartFromLogits(
  probabilities: Float32Array,
  logits: Float32Array,
  images: number,
  temperature = 1,
): number {
  const classes = logits.length / Math.max(1, images);
  if (probabilities.length !== logits.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let from = 0; from < logits.length; from += classes) {
    const right = probabilitiesOf(logits.subarray(from, from + classes), "logits", temperature);
    for (const [label, probability] of right.entries()) {
      const apart = Math.abs(probability - (probabilities[from + label] as number));
      most = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(most, apart);
    }
  }
  return most;
}
