import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runProgram } from "../../../core/cli/program.js";
import type { FgkdError } from "../../../core/index.js";
import { checkName } from "../../../core/values/names.js";
import { cases } from "../../support/cases.js";
import { createWorld } from "./world.js";

describe("a command line of any words", () => {
  test("is carried out or refused in words of its own, changes nothing, and reaches no prototype", async () => {
    const world = await createWorld();
    const before = Object.getOwnPropertyNames(Object.prototype);
    const value = fc.oneof(
      fc.constantFrom("toy", "0", "1", "-1", "1e999", "NaN", "./none.json", "epochs=2", "__proto__.x=1", "a.b={"),
      fc.constantFrom('input={"__proto__":{"x":1}}', "demo", "cpu", "=", "--", "stages.constructor=1", "../../x"),
      fc.string(),
    );
    const flag = fc.constantFrom(
      ...["--set", "--preset", "--config", "--epochs", "--batch-size", "--seed", "--engine", "--threads", "--scale"],
      ...["--count", "--teacher", "--data", "--workers", "--on-bad-image", "--json", "--__proto__", "--nothing", "-s"],
    );
    const words = fc.array(fc.oneof(fc.tuple(flag, value), fc.tuple(value)), { maxLength: 4 }).map((all) => all.flat());
    const check = async (given: readonly string[], named: boolean) => {
      let err = "";
      const stderr = Object.assign(Object.create(world.environment.stderr), { write: (text: string) => (err += text) });
      const out = Object.assign(Object.create(world.environment.stdout), { write: () => true });
      // `config` reads all that `train` reads, and trains nothing.
      const line = ["config", ...(named ? ["--preset", "toy"] : []), ...given];
      const code = await runProgram(line, { ...world.environment, stderr, stdout: out });
      expect([0, 1, 65, 69, 70]).toContain(code);
      if (code !== 0) expect(err).toMatch(/^(error: |FGKD_[A-Z_]+ )/);
      expect(err).not.toContain("unexpected error");
      expect(err.length).toBeLessThan(5000);
    };
    await fc.assert(fc.asyncProperty(words, fc.boolean(), check), cases("command line: any words"));
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(readdirSync(world.cwd)).toEqual([]);
  });
});

describe("a name of a role, a stage or a plugin", () => {
  test("that is accepted is that of one file in its folder, whatever it is", () => {
    const odd = fc.constantFrom(
      "..",
      ".",
      "a/b",
      "a\\b",
      "con",
      "NUL.txt",
      "__proto__",
      "a.",
      "-a",
      "a\0",
      "é",
      "x".repeat(65),
    );
    const name = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.stringMatching(/^[A-Za-z0-9][\w.-]{0,70}$/),
      odd,
      fc.jsonValue(),
    );
    const check = (given: unknown) => {
      try {
        checkName("model role", given);
      } catch (error) {
        expect((error as FgkdError).code).toBe("FGKD_INVALID_NAME");
        expect((error as FgkdError).message.length).toBeLessThan(1000);
        return;
      }
      const path = join("/run/models", `${String(given)}.safetensors`);
      expect([dirname(path), basename(path)]).toEqual(["/run/models", `${String(given)}.safetensors`]);
      expect(String(given) in {}).toBe(false);
      expect(given).toMatch(/^[\x21-\x7e]{1,64}$/);
    };
    fc.assert(fc.property(name, check), cases("names: anything"));
  });
});
