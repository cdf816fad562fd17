import { describe, expect, test } from "vitest";
import { checkWritten } from "../../../core/store/run-files.js";

const manifest = {
  fgkd: "0.1.0",
  node: "v22.0.0",
  engine: "cpu",
  libraries: { tfjs: "4.22.0", vips: "8.17.0" },
  preset: "kd",
  seed: 0,
  classes: ["ant"],
  data: {},
  seconds: {},
  images: {},
};

describe("a manifest that could not be read again is not written", () => {
  test.each([
    ["with a number of images that is none", { images: { student: 1.5 } }, "images.student"],
    ["with seconds that went backwards", { seconds: { student: -1 } }, "seconds.student"],
    ["with a version that is no text", { libraries: { vips: 8 } }, "libraries.vips"],
    ["with a key of JavaScript's own", { data: JSON.parse('{"__proto__":"a"}') }, "__proto__"],
    ["larger than is read", { classes: ["x".repeat(2 ** 22)] }, "are the most"],
  ])("%s", (_, other, words) => {
    const text = JSON.stringify({ ...manifest, ...other });
    expect(() => checkWritten("manifest.json", text)).toThrow("FGKD_INVALID_CONFIG manifest.json");
    expect(() => checkWritten("manifest.json", text)).toThrow(words);
  });

  test("and any other is", () => {
    expect(() => checkWritten("manifest.json", JSON.stringify(manifest))).not.toThrow();
    expect(() => checkWritten("config.json", JSON.stringify({ preset: 1 }))).toThrow("config.json");
  });
});
