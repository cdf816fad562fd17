import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { exportModel, loadModel } from "../../../core/index.js";
import { lacksBrowser, startBrowser } from "../../support/browser.js";
import { isHere } from "../../support/required.js";
import { alone, createHome, type Home, plugins, trained } from "../prediction/pictures.js";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const isThere = isHere("the page that classifies pictures", lacksBrowser);

let home: Home;
let folder = "";
let server: Server;
let browser: Browser;
beforeAll(async () => {
  if (!isThere) return;
  home = await createHome();
  const run = await trained(home, alone);
  folder = join(home.path, "page");
  await exportModel(run, { to: "web", out: folder, plugins, engine: null, license: "CC-BY-4.0 <b>" });
  server = createServer(({ url = "/" }, response) => {
    const file = join(folder, url === "/" ? "index.html" : url);
    if (!existsSync(file)) return void response.writeHead(404).end();
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

/** The page, ready, and every address that it asked for. */
async function opened(width = 1400, colorScheme: "light" | "dark" = "light") {
  const asked: string[] = [];
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => message.type() === "error" && asked.push(message.text()));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
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
    const model = await loadModel(join(home.path, "alone"), { plugins, engine: null });
    onTestFinished(() => model.dispose());
    const [answers = []] = await model.predict([join(home.photos, "test", name)]);
    for (const { label, probability } of answers) expect(seen[label]).toBeCloseTo(probability, 3);
    const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(asked.filter((address) => !address.startsWith(own) && !/^(data|blob):/.test(address))).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const pixels = `document.querySelector("#map").getContext("2d").getImageData(0, 0, 16, 16).data`;
    const drawn = await page.evaluate(`new Set(${pixels}).size`);
    // A map with more than one colour, over the picture.
    expect(drawn).toBeGreaterThan(10);
    expect(await page.textContent("footer")).toContain("CC-BY-4.0 <b>");
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
    const model = await loadModel(join(home.path, "alone"), { plugins, engine: null });
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
    const said = JSON.parse(readFileSync(join(folder, "about.json"), "utf8"));
    await page.route("**/about.json", (route) =>
      route.fulfill({ json: { ...said, known: said.known.map((one: number) => -one) } }),
    );
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(says("does not run"));
  });
});
