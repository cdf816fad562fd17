import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkOptions, describeOptions } from "../../../core/values/schema.js";

const schema = z.object({
  rate: z.number().positive().max(1),
  side: z.number().int().positive().nullable().default(null),
  kind: z.enum(["plain", "blocked"]).default("plain"),
  widths: z.array(z.number().int().positive()).min(1).readonly().default([4]),
  names: z.array(z.string()).default([]),
  stem: z.strictObject({ size: z.number().int().positive().exactOptional() }).default({}),
  isLoud: z.boolean().default(false),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low <= high, "two numbers, the lower first")
    .default([0, 1]),
});

describe("options that are described once", () => {
  test("have the defaults of their schema, null where there is none, and say which must be given", () => {
    const { defaults, required } = describeOptions("toy", schema);
    expect(required).toEqual(["rate"]);
    expect(defaults).toEqual({
      side: null,
      kind: "plain",
      widths: [4],
      names: [],
      stem: {},
      isLoud: false,
      range: [0, 1],
    });
  });

  test("are let pass as they are where all is well", () => {
    expect(() => checkOptions("toy", schema, { rate: 1, side: 8, stem: { size: 3 } })).not.toThrow();
  });

  test.each([
    [{ rate: 0 }, '[toy] option "rate" must be in (0, 1], received 0. It has no default.'],
    [{}, '[toy] option "rate" must be in (0, 1], received undefined. It has no default.'],
    [{ rate: 1, side: 1.5 }, 'option "side" must be whole and positive, or null, received 1.5. The default is null.'],
    [
      { rate: 1, kind: "NCHW" },
      'option "kind" must be one of plain, blocked, received "NCHW". The default is "plain".',
    ],
    [{ rate: 1, widths: [] }, 'option "widths" must be a list of at least one: whole positive numbers, received [].'],
    [
      { rate: 1, widths: [1, -1] },
      'option "widths" must be a list of at least one: whole positive numbers, received [1,-1].',
    ],
    [{ rate: 1, names: [1] }, 'option "names" must be a list of texts, received [1].'],
    [{ rate: 1, stem: { size: 0 } }, 'option "stem.size" must be whole and positive, received 0.'],
    [{ rate: 1, isLoud: 1 }, 'option "isLoud" must be true or false, received 1.'],
    [{ rate: 1, range: [2, 1] }, 'option "range" must be two numbers, the lower first, received [2,1].'],
    [{ rate: Number.NaN }, 'option "rate" must be in (0, 1], received'],
    [{ rate: Number.POSITIVE_INFINITY }, 'option "rate" must be in (0, 1], received'],
  ])("are refused by name, range, value and default: %j", (options, message) => {
    expect(() => checkOptions("toy", schema, options)).toThrow(`FGKD_INVALID_OPTION`);
    expect(() => checkOptions("toy", schema, options)).toThrow(message);
  });

  test("name the nearest of a part that does not exist", () => {
    expect(() => checkOptions("toy", schema, { rate: 1, stem: { sise: 3 } })).toThrow(
      /FGKD_UNKNOWN_OPTION \[toy\] has no option "stem\.sise".*stem\.size/,
    );
  });
});
