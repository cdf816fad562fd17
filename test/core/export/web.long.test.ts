import { cpSync, createReadStream, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { exportModel, findModels, keepCalibration, loadModel } from "../../../core/index.js";
import { lacksBrowser, startBrowser } from "../../support/browser.js";
import { isHere } from "../../support/required.js";
import { createWorld } from "../cli/world.js";
import { alone, createHome, type Home, plugins, trained } from "../prediction/pictures.js";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const isThere = isHere("the page that classifies pictures", lacksBrowser);

let home: Home;
let run = "";
let server: Server;
let browser: Browser;
beforeAll(async () => {
  if (!isThere) return;
  home = await createHome();
  run = await trained(home, alone);
  const out = join(home.path, "page");
  await exportModel(run, { to: "web", out, plugins, engine: null, license: "CC-BY-4.0 <b>" });
  server = createServer(({ url = "/" }, response) => {
    const file = join(home.path, url.endsWith("/") ? `${url}index.html` : url);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  }).listen(0, "127.0.0.1");
  browser = await startBrowser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream");
}, 120_000);
afterAll(async () => {
  await browser?.close();
  server?.close();
  home?.remove();
});

const address = (name = "page") => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}/`;

/** The page, ready, and every address that it asked for. */
async function opened(width = 1400, colorScheme: "light" | "dark" = "light", name = "page") {
  const asked: string[] = [];
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => message.type() === "error" && asked.push(message.text()));
  await page.goto(address(name));
  await page.waitForSelector("body[data-ready]", { timeout: 60_000 });
  return { page, asked };
}

/** Of the browser's own world, so as text. */
async function guesses(page: Page): Promise<Readonly<Record<string, number>>> {
  await page.waitForSelector("#guesses li");
  const items = `[...document.querySelectorAll("#guesses li")]`;
  return page.evaluate(
    `Object.fromEntries(${items}.map((item) => [item.firstChild.textContent, Number(item.dataset.probability)]))`,
  );
}

const says = (words: string) => `document.querySelector("#status").textContent.includes("${words}")`;

describe.skipIf(!isThere)("the page of a model", () => {
  test.each([
    ["finch/0.png", 1400, "light"],
    ["wren/2.png", 390, "dark"],
  ] as const)("says of %s what fgkd says, at %i px, %s, and asks nobody else", async (name, width, scheme) => {
    const { page, asked } = await opened(width, scheme);
    await page.setInputFiles("#file", join(home.photos, "test", name));
    const seen = await guesses(page);
    const model = await loadModel(run, { plugins, engine: null });
    onTestFinished(() => model.dispose());
    const [answers = []] = await model.predict([join(home.photos, "test", name)]);
    for (const { label, probability } of answers) expect(seen[label]).toBeCloseTo(probability, 3);
    expect(asked.filter((place) => !place.startsWith(address()) && !/^(data|blob):/.test(place))).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const pixels = `document.querySelector("#map").getContext("2d").getImageData(0, 0, 16, 16).data`;
    const drawn = await page.evaluate(`new Set(${pixels}).size`);
    // A map with more than one colour, over the picture.
    expect(drawn).toBeGreaterThan(10);
    expect(await page.textContent("footer")).toContain("CC-BY-4.0 <b>");
  });

  const order = { rank: "order", groups: ["songbird", "songbird"], threshold: 0.9 };
  const families = { rank: "family", groups: ["true finch", "wren"], threshold: 0.4 };
  test.each([
    ["its class", 0.3, [0.1, 0.1], [order], undefined],
    ["a group of classes", 2.5, [null, null], [families, order], / \(family\) /],
    ["a larger group", 2.5, [0.9, null], [{ ...families, threshold: 0.999 }, order], /^songbird \(order\) 100\.0 %$/],
    ["nothing", 1.4, [0.99, 0.99], [{ ...order, threshold: null }], /^unknown$/],
  ] as const)("says %s, in the words and numbers of fgkd predict, where the model is calibrated so", async (...row) => {
    const [what, temperature, thresholds, ranks, expected] = row;
    const name = `calibrated-${what.replaceAll(" ", "-")}`;
    const own = join(home.path, `run-${name}`);
    cpSync(run, own, { recursive: true });
    const asked = { models: ["student"], ensembler: null, testTime: null };
    const found = { error: 0.05, split: "validation", images: 40 } as const;
    keepCalibration(findModels(own), { ...asked, ...found, temperature, thresholds, ranks });
    await exportModel(own, { to: "web", out: join(home.path, name), plugins, engine: null });
    const world = await createWorld({ presets: [alone] });
    const { page } = await opened(1400, "light", name);
    for (const photo of ["finch/0.png", "wren/2.png"].map((file) => join(home.photos, "test", file))) {
      const before = world.out.length;
      expect(await world.fgkd(`predict ${own} ${photo}`), world.err).toBe(0);
      const lines = world.out.slice(before).trimEnd().split("\n").slice(1);
      const words = lines.map((line) => line.trim().replace(/^([\d.]+ %) +(.*)$/, "$2 $1"));
      await page.setInputFiles("#file", photo);
      await guesses(page);
      const shown = `[...document.querySelectorAll("#instead:not([hidden]), #guesses li")]`;
      const text = `[...each.querySelectorAll("span")].map((part) => part.textContent).join(" ") || each.textContent`;
      expect(await page.evaluate(`${shown}.map((each) => ${text})`)).toEqual(words);
      expect(words).toHaveLength(expected ? 3 : 2);
      if (expected) expect(words[0]).toMatch(expected);
      await page.evaluate(`document.querySelector("#guesses").replaceChildren()`);
    }
  });

  test("lays what is transparent on white, as fgkd does", async () => {
    const data = Buffer.from(
      Array.from({ length: 40 * 40 * 4 }, (_, at) => (at % 4 === 3 ? (at % 160) + 20 : (at * 7) % 200)),
    );
    const buffer = await sharp(data, { raw: { width: 40, height: 40, channels: 4 } })
      .png()
      .toBuffer();
    const { page } = await opened();
    await page.setInputFiles("#file", { name: "clear.png", mimeType: "image/png", buffer });
    const seen = await guesses(page);
    const model = await loadModel(run, { plugins, engine: null });
    onTestFinished(() => model.dispose());
    const [answers = []] = await model.predict([new Uint8Array(buffer)]);
    for (const { label, probability } of answers) expect(seen[label]).toBeCloseTo(probability, 2);
  });

  test("takes a picture of the camera", async () => {
    const { page } = await opened();
    await page.click("#camera");
    await page.waitForFunction(`document.querySelector("video").videoWidth > 0`);
    await page.click("#camera");
    expect(Object.keys(await guesses(page)).sort()).toEqual(["finch", "wren"]);
  });

  test("says of what is no picture that it is none", async () => {
    const { page } = await opened();
    await page.setInputFiles("#file", { name: "a.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
    await page.waitForFunction(says("cannot be read"));
  });

  test("does not begin where the model answers otherwise", async () => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const said = JSON.parse(readFileSync(join(home.path, "page/about.json"), "utf8"));
    await page.route("**/about.json", (route) =>
      route.fulfill({ json: { ...said, known: said.known.map((one: number) => -one) } }),
    );
    await page.goto(address());
    await page.waitForFunction(says("does not run"));
  });
});
