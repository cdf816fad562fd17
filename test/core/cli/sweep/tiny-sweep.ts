/** A sweep whose tasks take seconds: networks of two blocks, a dozen drawn birds, a teacher that all share. */
import type { Sweep } from "../../../../core/index.js";

const backbone = {
  ...{ name: "resnet", block: "basic", depths: [1, 1], widths: [4, 8], strides: null },
  stem: { filters: 4, size: 3, stride: 2, pool: false },
};

/** Eight tasks, of four rates and two seeds, and a teacher for each seed. */
export function tinySweep(epochs: number): Sweep {
  return {
    run: {
      ...{ preset: "kd", engine: "wasm", epochs, batchSize: 4, stepsPerEpoch: 3, report: false, teacher: "big" },
      data: { name: "birds", classes: 3, train: 4, test: 2, workers: 1 },
      input: { resize: 18, crop: 16 },
      checkpoints: { steps: 2 },
      "models.student": { backbone, input: { size: 8 } },
      "models.teacher": { backbone },
    },
    shared: { big: { "stages.student.enabled": false, epochs: 1 } },
    grid: { "optimizer.learningRate": [0.1, 0.03, 0.01, 0.003] },
    seeds: [0, 1],
    cluster: { cpus: 1, atOnce: 4 },
  };
}
