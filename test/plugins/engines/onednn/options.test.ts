import { describe, expect, test } from "vitest";
import { loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { completeOptions } from "../../../../plugins/engines/onednn/index.js";
import { onednnEngine } from "../../../../plugins/engines/onednn.js";
import { trainApart } from "../../../support/native-training.js";
import { available } from "./both.js";

describe("the options of onednn", () => {
  test("have defaults, which the engine tells for the manifest", () => {
    const { options, capabilities } = onednnEngine({ threads: 2, layout: "plain" });
    expect(options).toEqual({ threads: 2, winograd: true, autotune: false, precision: "f32", layout: "plain" });
    expect(capabilities).toEqual({ threads: 2, deterministic: true, halfPrecision: false });
  });

  test("say that measured choices differ from run to run", () =>
    expect(onednnEngine({ autotune: true }).capabilities?.deterministic).toBe(false));

  test("take their defaults from the environment variables of earlier versions, and tell which", () => {
    const variables = { FGKD_WINOGRAD: "0", FGKD_AUTOTUNE: "1", FGKD_ONEDNN_LAYOUT: "blocked" };
    const { options, outdated } = completeOptions({ threads: 1 }, variables);
    expect(options).toEqual({ threads: 1, winograd: false, autotune: true, precision: "f32", layout: "blocked" });
    expect(outdated.map(({ name, option, meaning }) => [name, option, meaning])).toEqual([
      ["FGKD_WINOGRAD", "winograd", false],
      ["FGKD_AUTOTUNE", "autotune", true],
      ["FGKD_ONEDNN_LAYOUT", "layout", "blocked"],
    ]);
  });

  test("count more than the environment", () => {
    const given = { threads: 1, winograd: true, autotune: false, precision: "f32", layout: "plain" } as const;
    const variables = { FGKD_WINOGRAD: "0", FGKD_AUTOTUNE: "1", FGKD_ONEDNN_LAYOUT: "blocked" };
    expect(completeOptions(given, variables)).toEqual({ options: given, outdated: [] });
  });

  test.each([
    ["winograd", { winograd: 1 as never }],
    ["autotune", { autotune: "yes" as never }],
    ["layout", { layout: "NCHW" as never }],
    ["precision", { precision: "f16" as never }],
    ["layout", { precision: "bf16" as never, layout: "blocked" as never }],
  ])("refuse what %s cannot be", (option, given) => {
    expect(() => onednnEngine(given)).toThrow(`option "${option}" must be`);
  });
});

describe("with precision bf16 the engine", () => {
  test("says so, and leaves images as tfjs has them, whatever the processor", () => {
    const { options, capabilities } = onednnEngine({ precision: "bf16", threads: 1 });
    expect(options).toMatchObject({ precision: "bf16", layout: "plain" });
    expect(capabilities?.halfPrecision).toBe(true);
  });

  test("is never chosen by itself", () => expect(onednnEngine({}).options?.precision).toBe("f32"));

  test.skipIf(!available)("is advised where the processor has units for it, and it is not chosen", async () => {
    const { bf16 } = loadAddon().describe();
    const { advice } = await onednnEngine({}).check();
    if (bf16 === "none") expect(advice).toBeUndefined();
    else expect(advice).toContain('engine: { name: "onednn", precision: "bf16" }');
    expect((await onednnEngine({ precision: "bf16" }).check()).advice).toBeUndefined();
  });
});

describe.skipIf(!available)("training on onednn", () => {
  test("rounds as its options say, and as the variables of earlier versions do", async () => {
    const usual = await trainApart({ steps: 2, engine: { layout: "plain" } });
    const direct = await trainApart({ steps: 2, engine: { layout: "plain", winograd: false } });
    const byVariable = await trainApart({ steps: 2, engine: { layout: "plain" } }, { FGKD_WINOGRAD: "0" });
    expect(direct.digest).not.toBe(usual.digest);
    expect(byVariable.digest).toBe(direct.digest);
    expect(byVariable.warnings).toEqual([
      'FGKD_WINOGRAD=0 is read for one more version: write engine: { name: "onednn", winograd: false }.',
    ]);
    expect(usual.warnings).toEqual([]);
  }, 120_000);
});
