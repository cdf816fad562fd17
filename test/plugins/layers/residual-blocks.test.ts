import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom, type Mode } from "../../../core/index.js";
import { startOnednn } from "../../../plugins/engines/onednn/index.js";
import { hasOnednn } from "../../support/engines.js";
import { create } from "../backbones/building.js";
import { withoutAndWith } from "../engines/onednn/block-ends.js";

const shape = { depths: [2, 1], widths: [4, 8], stem: { filters: 4, size: 3, stride: 1, pool: false } } as const;

describe.skipIf(!hasOnednn)("the end of a residual block in training, where the engine has a kernel for it", () => {
  beforeAll(() => startOnednn());

  const images = () => tf.tensor4d(createRandom(1).normals(2 * 8 * 8 * 3), [2, 8, 8, 3]);
  const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

  /** What a new network answers, its gradients, and what it answers in evaluation then, by its averages. */
  function step(options: object, mode: Mode) {
    const model = create("resnet", { ...shape, ...options });
    const answers = (mode: Mode) => {
      const { logits, features } = model.forward({ images: images() }, mode);
      return [logits, features] as [tf.Tensor, tf.Tensor];
    };
    let before: number[][] = [];
    const loss = () => {
      const [logits, features] = answers(mode);
      before = [logits, features].map(values);
      return logits.square().sum().asScalar();
    };
    const { grads } = tf.variableGrads(loss, [...model.parameters.trained.values()]);
    return tf.tidy(() => ({ before, slopes: Object.values(grads).map(values), after: answers("eval").map(values) }));
  }

  test.each([
    ["basic", {}],
    ["bottleneck", { block: "bottleneck", zeroInitResidual: true }],
  ] as const)("is one, once for each '%s' block, to the same bytes", (_, options) => {
    for (const mode of ["train", "batch-statistics"] as const) {
      const { apart, fused, calls } = withoutAndWith(() => step(options, mode));
      expect(calls).toBe(3);
      expect(fused).toEqual(apart);
    }
  });

  test("is two where the branch is left out for some images, and in evaluation", () => {
    const dropping = withoutAndWith(() => step({ dropPath: 0.5 }, "train"));
    // The first block's rate is 0.
    expect(dropping.calls).toBe(1);
    expect(dropping.fused).toEqual(dropping.apart);
    expect(withoutAndWith(() => step({}, "eval")).calls).toBe(0);
  });
});
