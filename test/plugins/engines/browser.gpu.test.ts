/** The engine in a browser without a window, on the software adapter that the browser brings. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacksBrowser, openFile, startBrowser } from "../../support/browser.js";
import { isHere } from "../../support/required.js";
import type { Answers } from "./in-browser.js";

/** Stands for whatever pages do not have: it can be imported, called and asked for anything, and is never used. */
const nothing = `new Proxy(function () {}, {
  get: (target, key) => {
    if (key === "prototype") return target.prototype;
    // Who awaits it goes on at once.
    if (key === "then") return undefined;
    return key === Symbol.toPrimitive ? () => "" : nothing;
  },
  apply: () => nothing,
  construct: () => nothing,
})`;

/** What Node has without an import. They are no properties of the page, so that nobody takes it for Node. */
const globals = `const nothing = ${nothing};
const Buffer = nothing;
const setImmediate = (work) => setTimeout(work);
const process = new Proxy({ env: {}, version: "" }, { get: (target, key) => (key in target ? target[key] : nothing) });`;

/** What seeds are made by, which is another hash here: both engines have the same. */
const crypto = `{
  randomBytes: nothing,
  createHash: () => {
    let hash = 0x811c9dc5;
    const self = {
      update: (text) => {
        for (const letter of text) hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193);
        return self;
      },
      digest: () => ({ readInt32LE: () => hash | 0 }),
    };
    return self;
  },
}`;

/** Node's own modules, and what reads files of pictures: loaded with the sources, and called by nobody in a page. */
const absent: Plugin = {
  name: "absent",
  setup(bundler) {
    bundler.onResolve({ filter: /^(node:|sharp$|piscina$|webgpu$)/ }, ({ path }) => ({ path, namespace: "absent" }));
    bundler.onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({
      contents: `module.exports = ${path === "node:crypto" ? crypto : "nothing"};`,
    }));
  },
};

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("in-browser.ts", import.meta.url))],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    banner: { js: globals },
    define: { "import.meta.url": '"file:///page"' },
    logLevel: "error",
    plugins: [absent],
  });
  return outputFiles[0]?.text ?? "";
}

describe.skipIf(!isHere("the engine webgpu in a page", lacksBrowser))("in a browser", () => {
  test("the engine webgpu trains three steps and predicts what plain JavaScript does, and asks nobody for anything", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fgkd-page-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "page.html");
    const script = (await bundle()).replaceAll("</script", "<\\/script");
    await writeFile(file, `<!doctype html><meta charset="utf-8"><title>fgkd</title><script>${script}</script>`);
    const browser = await startBrowser("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader");
    onTestFinished(() => browser.close());
    const { page, requests } = await openFile(browser, file, { width: 800, scheme: "light" });
    const { about, gpu, cpu } = await page.evaluate<{ about: string; gpu: Answers; cpu: Answers }>("main()");
    expect(about).toContain("swiftshader");
    expect([gpu.backend, cpu.backend]).toEqual(["webgpu", "cpu"]);
    expect(gpu.losses).toHaveLength(3);
    expect(apart(gpu.losses, cpu.losses)).toBeLessThan(1e-4);
    expect(gpu.logits).toHaveLength(3);
    expect(apart(gpu.logits, cpu.logits)).toBeLessThan(1e-4);
    expect(requests).toEqual([]);
  });
});

function apart(some: readonly number[], others: readonly number[]): number {
  expect(some).toHaveLength(others.length);
  return Math.max(...some.map((value, at) => Math.abs(value - (others[at] as number))));
}
