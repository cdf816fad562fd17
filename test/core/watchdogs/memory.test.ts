import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type MemoryReading, watchMemory } from "../../../core/watchdogs/memory.js";
import { watchdogDefaults } from "../../../core/watchdogs/settings.js";
import { plugin, walk } from "../../support/trouble.js";

const mebi = 2 ** 20;
const steadyProcess = { resident: 0, tensors: 100, tensorBytes: 0, heap: 0, buffers: 0, engine: 0 };

/** What the watch says of these readings, in MiB of resident memory, one an epoch. */
function said(resident: readonly number[], other: (index: number) => Partial<MemoryReading> = () => ({})) {
  const warnings: string[] = [];
  let epoch = 0;
  const read = () => {
    const index = epoch - 1;
    return { ...steadyProcess, resident: (resident[index] as number) * mebi, ...other(index) };
  };
  const watch = watchMemory(watchdogDefaults, { info: () => {}, warn: (text) => warnings.push(text) }, { read });
  let error: string | undefined;
  try {
    for (; epoch++ < resident.length; ) watch.look(`epoch ${epoch}`);
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  return { warnings, error, epoch };
}

const epochs = (count: number, of: (epoch: number) => number) => Array.from({ length: count }, (_, epoch) => of(epoch));

describe("memory that is read after every epoch", () => {
  test.each([
    ["is flat", epochs(100, () => 500)],
    ["goes up and down", epochs(100, (epoch) => 500 + 400 * Math.sin(epoch))],
    ["rises while the stage warms up", epochs(100, (epoch) => (epoch < 2 ? 100 : 3000))],
    ["jumps once, as with a first test", epochs(100, (epoch) => (epoch < 30 ? 500 : 9000))],
    ["settles late", epochs(100, (epoch) => 500 + 200 * (1 - Math.exp(-epoch / 10)))],
    ["falls", epochs(100, (epoch) => 5000 - 30 * epoch)],
    ["grows by less than is worth a word", epochs(100, (epoch) => 500 + epoch)],
  ])("may do what it does in a sound run: it %s", (_, resident) => {
    expect(said(resident)).toMatchObject({ warnings: [], error: undefined });
  });

  test("is reported once it has grown steadily, with what grew, and again when that has doubled", () => {
    const { warnings, error } = said(
      epochs(60, (epoch) => 500 + 20 * epoch),
      (epoch) => ({ buffers: 18 * epoch * mebi, tensors: 100 + epoch, heap: -epoch * mebi }),
    );
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toBe(
      "memory: the process grew by +260 MiB to 800 MiB over 13 epochs, +20 MiB an epoch: buffers outside of it +234 MiB, tensors (102 then, 115 now) +0 MiB, the engine's memory +0 MiB, JavaScript's heap −13 MiB, in epoch 16. It will be told again when it has doubled.",
    );
    expect(error).toBeUndefined();
  });

  test("is reported through noise", () => {
    const noise = (epoch: number) => 60 * Math.sin(37 * epoch);
    expect(said(epochs(60, (epoch) => 500 + 20 * epoch + noise(epoch))).warnings.length).toBeGreaterThan(0);
  });

  test("ends the run at the bound, at once when it grows fast", () => {
    const { error, epoch } = said(epochs(60, (epoch) => 500 + 3000 * epoch));
    expect(error).toMatch(
      /^FGKD_MEMORY_GROWTH the process grew by \+6000 MiB .* in epoch 5; watchdogs\.memoryLimit allows 4096 MiB/,
    );
    expect(epoch).toBe(5);
  });
});

describe("a run whose plugin keeps memory", () => {
  beforeAll(async () => {
    tf.enableProdMode();
    await tf.setBackend("cpu");
  });

  test("is warned, then ends at its bound, and says that buffers grew", async () => {
    const hoard: Uint8Array[] = [];
    const hoarder = plugin("hoarder", ({ hooks }) =>
      // Written to: memory that nobody touched is not resident.
      hooks.epoch.tap("hoarder", () => void hoard.push(new Uint8Array(8 * mebi).fill(hoard.length + 1))),
    );
    const watchdogs = { memoryWarning: 40, memoryLimit: 150 };
    const { error, warnings } = await walk(hoarder, { epochs: 60, watchdogs });
    expect(warnings[0]).toMatch(
      /^memory: the process grew by \+\d+ MiB .*: buffers outside of it \+\d+ MiB,.* in stage "student", epoch \d+\./,
    );
    expect(error?.message).toMatch(/^FGKD_MEMORY_GROWTH .*watchdogs\.memoryLimit allows 150 MiB/);
    expect(hoard.length).toBeGreaterThan(15);
    expect(hoard.length).toBeLessThan(50);
  });

  test("names the plugin, and its hook", async () => {
    const hoard: Buffer[] = [];
    const hoarder = plugin("hoarder", ({ hooks }) =>
      hooks.loss.tap("hoarder", (terms) => {
        hoard.push(Buffer.alloc(4 * mebi, 1));
        return terms;
      }),
    );
    const { error } = await walk([plugin("innocent", () => {}), hoarder], {
      epochs: 100,
      watchdogs: { memoryWarning: 40, memoryLimit: 200 },
    });
    expect(error?.message).toMatch(
      /^FGKD_MEMORY_GROWTH .* allows 200 MiB\. After its garbage is collected, hooks\.loss of \[hoarder\] keeps 4\.0 MiB of buffers a call \(\d+ looked at\)\. Something keeps/,
    );
  });
});
