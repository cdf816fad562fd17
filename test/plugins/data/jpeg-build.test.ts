import { readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createBuildPlace } from "../../support/fake-compiler.js";

const folder = "plugins/data/images";
const works = 'touch "$out"';
const headless = 'echo "fatal error: turbojpeg.h: No such file or directory" >&2; exit 1';

describe("building the JPEG decoder", () => {
  test("compiles it once, and again when its source has changed or when it is asked to", async () => {
    const { place, build, calls } = await createBuildPlace(folder, works);
    expect(await build()).toEqual({ code: 0, lines: ["JPEG decoder: built"] });
    expect(await build()).toEqual({ code: 0, lines: ["JPEG decoder: up to date"] });
    expect(await build("--force")).toEqual({ code: 0, lines: ["JPEG decoder: built"] });
    const later = new Date(Date.now() + 60_000);
    await utimes(join(place, folder, "native/jpeg.cc"), later, later);
    expect(await build()).toEqual({ code: 0, lines: ["JPEG decoder: built"] });
    expect(await calls()).toHaveLength(3);
  });

  test.each([
    ["headers are missing", headless, "TurboJPEG's headers are missing"],
    ["the compiler fails", "exit 1", "the compiler failed on jpeg.cc"],
  ])("says in one line what to install when %s, and does not fail the install", async (_case, compiler, reason) => {
    const { place, build } = await createBuildPlace(folder, compiler);
    const { code, lines } = await build();
    expect(code).toBe(0);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`not built, sharp decodes: ${reason}`);
    if (process.platform === "linux") expect(lines[0]).toContain("apt-get install libturbojpeg0-dev g++");
    expect((await readFile(join(place, "build/jpeg.log"), "utf8")).split("\n")[0]).toBe(reason);
    expect((await build("--strict")).code).toBe(1);
  });
});
