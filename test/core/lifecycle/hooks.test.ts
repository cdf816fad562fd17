import { describe, expect, test } from "vitest";
import { createTraining, definePlugin, type FgkdError } from "../../../core/index.js";

const step = { epoch: 2, index: 40, progress: 0.5 };

const clumsy = (hook: "batch" | "forward" | "loss", problem: unknown) =>
  definePlugin({
    name: "clumsy",
    defaults: {},
    apply: ({ hooks }) => {
      const fail = () => {
        throw problem;
      };
      if (hook === "batch") hooks.batch.tapPromise("clumsy", async () => fail());
      else hooks[hook].tap("clumsy", fail);
    },
  });

describe("an error that leaves a hook", () => {
  const place = 'stage "student", epoch 3, step 41';

  test("names plugin, hook, stage, epoch and step, also when it was thrown later", async () => {
    const { hooks } = createTraining({ plugins: [clumsy("batch", new Error("dropped it"))()] });
    await expect(hooks.batch.promise({}, step)).rejects.toThrow(
      `[clumsy] failed in hooks.batch (${place}): dropped it`,
    );
  });

  test("does so in forward and loss", () => {
    const forward = createTraining({ plugins: [clumsy("forward", new Error("no"))()] });
    expect(() => forward.hooks.forward.call({}, {}, step)).toThrow(`[clumsy] failed in hooks.forward (${place}): no`);
    const loss = createTraining({ plugins: [clumsy("loss", "a string")()] });
    expect(() => loss.hooks.loss.call({}, {}, {}, step)).toThrow(`[clumsy] failed in hooks.loss (${place}): a string`);
  });

  test("keeps what was thrown as its cause", () => {
    const cause = new Error("no");
    const { hooks } = createTraining({ plugins: [clumsy("loss", cause)()] });
    try {
      hooks.loss.call({}, {}, {}, step);
      expect.unreachable();
    } catch (error) {
      expect((error as FgkdError).code).toBe("FGKD_PLUGIN_FAILED");
      expect((error as FgkdError).cause).toBe(cause);
    }
  });
});

describe("hooks", () => {
  const note = (name: string, seen: string[], before?: string) =>
    definePlugin({
      name,
      defaults: {},
      apply: ({ hooks }) =>
        hooks.loss.tap({ name, ...(before && { before }) }, (terms) => {
          seen.push(name);
          return terms;
        }),
    })();

  test("run in the order of the list", () => {
    const seen: string[] = [];
    createTraining({ plugins: [note("first", seen), note("second", seen)] }).hooks.loss.call({}, {}, {}, step);
    expect(seen).toEqual(["first", "second"]);
  });

  test("let a plugin go before another by its name", () => {
    const seen: string[] = [];
    createTraining({ plugins: [note("first", seen), note("second", seen, "first")] }).hooks.loss.call({}, {}, {}, step);
    expect(seen).toEqual(["second", "first"]);
  });

  test("can be called alone: no model, no data, no trainer", () => {
    const seen: string[] = [];
    expect(createTraining({ plugins: [note("only", seen)] }).hooks.loss.call({}, {}, {}, step)).toEqual({});
  });
});
