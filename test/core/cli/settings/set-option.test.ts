import { describe, expect, test } from "vitest";
import { setLayers } from "../../../../core/cli/settings/layers.js";
import { parseSetting } from "../../../../core/cli/settings/set-option.js";

describe("--set", () => {
  test("sets one value by its dotted path", () =>
    expect(parseSetting("optimizer.learningRate=0.1")).toEqual({ optimizer: { learningRate: 0.1 } }));

  test.each([
    ["a=1", 1],
    ["a=true", true],
    ["a=null", null],
    ["a=[1,2]", [1, 2]],
    ['a={"name":"cosine"}', { name: "cosine" }],
    ["a=resnet18", "resnet18"],
    ['a="12"', "12"],
    ["a=", ""],
    ["a=x=y", "x=y"],
  ])("reads %s as JSON where it is JSON, else as text", (text, value) =>
    expect(parseSetting(text)).toEqual({ a: value }),
  );

  test.each(["epochs", "=3", ""])('refuses "%s", which is not key=value', (text) =>
    expect(() => parseSetting(text)).toThrow("is not key=value"),
  );

  test.each(["__proto__.polluted=1", "a.constructor=1", "prototype=1", "a..b=1", ".a=1"])("refuses %s", (text) =>
    expect(() => parseSetting(text)).toThrow("which is no setting"),
  );

  test("has a short word for a preset's variants, and for those of no other", () => {
    const layersOf = (preset: { readonly name: string; readonly variants?: Readonly<Record<string, string>> }) =>
      setLayers({ set: ["variant=b7", "epochs=3"] }, "/", preset);
    expect(layersOf({ name: "rows", variants: { b7: "the best" } })).toEqual([
      { origin: "--set variant", config: { options: { rows: { variant: "b7" } } } },
      { origin: "--set epochs", config: { epochs: 3 } },
    ]);
    expect(layersOf({ name: "plain" })[0]?.config).toEqual({ variant: "b7" });
  });

  test("refuses a value that would reach a prototype", () => {
    expect(() => parseSetting('a={"b":{"__proto__":{"polluted":1}}}')).toThrow('a key "__proto__"');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
