import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Plugin, TrainingHooks } from "../../../core/index.js";
import { type MemoryTrace, traceMemory } from "../../../core/watchdogs/memory-trace.js";
import { plugin, toyRun } from "../../support/trouble.js";

const mebi = 2 ** 20;
const hoard: unknown[] = [];

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend("cpu");
});

/** Keeps something at every call of one hook. */
function keeps(name: string, hook: keyof TrainingHooks, what: () => unknown): Plugin {
  return plugin(name, ({ hooks }) =>
    // Every hook but the first takes a function of one value that hands it on; `setup` ignores what it returns.
    (hooks[hook] as typeof hooks.forward).tap(name, (value) => {
      hoard.push(what());
      return value;
    }),
  );
}

/** Uses more than the others keep, and lets go of it; makes a tensor that lives to the end of the step. */
const busy = plugin("busy", ({ hooks }) =>
  hooks.batch.tapPromise("busy", async (batch) => {
    const rubbish = Array.from({ length: 16 }, () => Buffer.alloc(mebi, 1));
    await Promise.resolve();
    return { ...batch, padding: tf.fill([2 ** 19 + rubbish.length], 1) };
  }),
);

/** What a trace says of a run of six epochs, looked at from its first step on. */
async function accountOf(...plugins: readonly Plugin[]): Promise<string> {
  let trace: MemoryTrace | undefined;
  const run = await toyRun(plugins, { epochs: 6 }, undefined, (activity) => {
    trace ??= traceMemory();
    activity.memory = trace;
  });
  for await (const { epoch } of run.steps()) if (epoch) trace?.renew();
  await run.close();
  hoard.length = 0;
  return trace?.account() ?? "";
}

describe("what plugins keep", () => {
  test.each([
    ["batch", "epoch"],
    ["loss", "forward"],
  ] as const)(
    "is told of buffers in hooks.%s and in hooks.%s, the most first, and of nobody else",
    async (one, other) => {
      const buffers = (mebibytes: number) => () => Array.from({ length: mebibytes }, () => Buffer.alloc(mebi, 1));
      const account = await accountOf(busy, keeps("hoarder", one, buffers(1)), keeps("miser", other, buffers(4)));
      expect(account).toBe(
        `After its garbage is collected, hooks.${other} of [miser] keeps 4.0 MiB of buffers a call (6 looked at), ` +
          `hooks.${one} of [hoarder] keeps 1.0 MiB of buffers a call (6 looked at).`,
      );
    },
  );

  test("is told of objects too", async () => {
    const objects = () => Array.from({ length: 2 ** 17 }, (_, index) => ({ index }));
    expect(await accountOf(busy, keeps("hoarder", "epoch", objects))).toMatch(
      /^After its garbage is collected, hooks\.epoch of \[hoarder\] keeps \d\.\d MiB of objects a call \(6 looked at\)\.$/,
    );
  });

  test("is not what one call of several keeps of objects, as compiled code is", async () => {
    let calls = 0;
    const once = () => (calls++ === 0 ? Array.from({ length: 2 ** 17 }, (_, index) => ({ index })) : 1);
    expect(await accountOf(busy, keeps("compiled", "epoch", once))).toBe(
      "No hook of a plugin kept buffers or objects in most of the calls that were looked at.",
    );
  });

  test("is nothing where nothing is kept", async () => {
    expect(
      await accountOf(
        busy,
        keeps("modest", "loss", () => 1),
      ),
    ).toBe("No hook of a plugin kept buffers or objects in most of the calls that were looked at.");
  });

  test("is looked at in so many calls, and no more", async () => {
    let collections = 0;
    const trace = traceMemory(() => {
      collections += 1;
    });
    for (let epoch = 0; epoch < 100; epoch++) {
      trace.renew();
      for (let step = 0; step < 5; step++) trace.begin("hooks.batch of [mixup]")?.();
    }
    // Two to look at the engine, and two a call.
    expect(collections).toBe(2 + 2 * 20);
    expect(trace.begin("the gradient")).toBeUndefined();
  });
});
