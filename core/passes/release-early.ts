/** Memory of the backward pass: each part of the tape is let go as soon as gradients have passed it. */
import * as tf from "@tensorflow/tfjs";
import { activeTape, type TapeNode, waysFrom } from "./tape.js";

/**
 * To be called at the end of the function whose gradient is taken, while tfjs still records.
 *
 * tfjs keeps what the forward pass saved, and the gradient of every intermediate value, until the whole backward pass is
 * over: four times the activations at its end. But an operation's saved tensors are of no use once its own gradient is
 * computed, and neither is the gradient of its output. Both are freed here, one operation later; results stay the same.
 * What gradients will not pass at all, such as statistics that no loss uses, lets go of what it saved at once.
 *
 * @param y what the function returns
 * @param xs what its gradients are taken for
 */
export function releaseEarly(y: tf.Tensor, xs: readonly tf.Tensor[]): void {
  const tape = activeTape();
  const watch = new Watch(newestTensor());
  const { passed, leading } = waysFrom(xs, tape, [y]);
  for (const node of tape) {
    if (passed.has(node)) node.narrow?.(leading);
    if (!passed.has(node)) for (const tensor of node.saved ?? []) tensor.dispose();
    else if (node.gradient) node.gradient = watch.over(node, node.gradient);
  }
}

/** Follows the backward pass from operation to operation, and frees what lies behind it. */
export class Watch {
  /** How many values still need this tensor as their gradient: one tensor may serve several. */
  readonly #uses = new Map<tf.Tensor, number>();
  /** Values that have a gradient already: what comes next is added to it, and then not needed itself. */
  readonly #reached: Set<number>;
  #passed: () => void = () => {};

  /**
   * @param oldest the id of a tensor from before the backward pass: older ones belong to somebody else
   * @param reached values that had a gradient before. Default: none
   */
  constructor(
    readonly oldest: number,
    reached: Iterable<number> = [],
  ) {
    this.#reached = new Set(reached);
  }

  over(node: TapeNode, gradient: NonNullable<TapeNode["gradient"]>): NonNullable<TapeNode["gradient"]> {
    return (dys) => {
      this.#passed();
      const used = dys.filter((dy): dy is tf.Tensor => dy != null);
      // Sums that tfjs made, and the gradient that it began with, were not seen before.
      for (const dy of used) this.#uses.set(dy, this.#uses.get(dy) ?? 1);
      const returned = new Set<unknown>();
      const added: tf.Tensor[] = [];
      this.#passed = () => {
        for (const tensor of node.saved ?? []) if (!returned.has(tensor)) tensor.dispose();
        for (const tensor of [...used, ...added]) this.#release(tensor);
      };
      const each = Object.entries(gradient(dys)).map(([name, compute]) => {
        const note = () => {
          const dx = compute();
          const value = node.inputs[name];
          returned.add(dx);
          this.#uses.set(dx, (this.#uses.get(dx) ?? 0) + 1);
          if (value && this.#reached.has(value.id)) added.push(dx);
          if (value) this.#reached.add(value.id);
          return dx;
        };
        return [name, note] as const;
      });
      return Object.fromEntries(each);
    };
  }

  #release(tensor: tf.Tensor): void {
    const uses = (this.#uses.get(tensor) ?? 0) - 1;
    this.#uses.set(tensor, uses);
    if (uses > 0 || tensor.id <= this.oldest || tensor.kept || tensor instanceof tf.Variable) return;
    this.#uses.delete(tensor);
    tensor.dispose();
  }
}

export function newestTensor(): number {
  const marker = tf.scalar(0);
  marker.dispose();
  return marker.id;
}
