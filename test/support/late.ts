/** An engine with a queue, as a stand-in: it computes as `cpu` does, but what is read arrives later, and nobody may insist. */
import { setTimeout } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { type Engine, startEngine } from "../../core/index.js";

/** What the engine was asked for, in order: `read 3` (the number of values), `answer 3`, or the name of a note. */
export const asked: string[] = [];

class LateBackend extends MathBackendCPU {
  override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
    // A copy: what is read is what was there when it was asked for.
    const values = (super.readSync(dataId) as Float32Array).slice();
    asked.push(`read ${values.length}`);
    await setTimeout(2);
    asked.push(`answer ${values.length}`);
    return values;
  }
}

const late: Engine = {
  name: "late",
  queue: true,
  check: async () => ({ available: true, detail: "for tests" }),
  start: async () => {
    if (!tf.findBackend("late")) {
      tf.registerBackend("late", () => new LateBackend());
      tf.copyRegisteredKernels("cpu", "late");
    }
    await tf.setBackend("late");
  },
};

/** Makes it the active one. */
export async function startLate(): Promise<void> {
  tf.enableProdMode();
  await startEngine(late);
  asked.length = 0;
}

/** Takes it away again, and makes another one active. */
export async function stopLate(): Promise<void> {
  await tf.setBackend("cpu");
  for (const { kernelName } of tf.getKernelsForBackend("late")) tf.unregisterKernel(kernelName, "late");
  tf.removeBackend("late");
}
