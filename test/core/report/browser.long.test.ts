/** Pages in a browser: what is seen, on a desk and on a phone, light and dark; nothing is asked of anybody. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reportPage } from "../../../core/index.js";
import { lacksBrowser, openFile, startBrowser } from "../../support/browser.js";
import {
  beyondTheWindow,
  brokenPictures,
  contrasts,
  headingLevels,
  pageWidth,
  smallestText,
  unfold,
} from "../../support/in-page.js";
import { isHere } from "../../support/required.js";
import { kinds, madeUpRun, square } from "./made-up.js";

const folder = mkdtempSync(join(tmpdir(), "fgkd-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const evil = `<script>document.title = "taken"</script><img src=x onerror="document.title='taken'">`;
/** By name: the classes of the run, or of two. */
const pages = {
  "15 classes": async () => [await madeUpRun({ classes: kinds(15), picture: square, map: square })],
  "200 classes": async () => [await madeUpRun({ classes: kinds(200), picture: square })],
  "strange names": async () => [
    await madeUpRun({ classes: [evil, "b".repeat(300), "ü ".repeat(60), "d"], picture: square }),
  ],
  "two runs": async () =>
    Promise.all([1, 2].map((at) => madeUpRun({ name: `runs/run-${at}`, classes: kinds(15), skill: at }))),
} as const;
const sights = [1400, 390].flatMap((width) => (["light", "dark"] as const).map((scheme) => ({ width, scheme })));

describe.skipIf(!isHere("pages in a browser", lacksBrowser))("a page in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
    for (const [name, runs] of Object.entries(pages))
      writeFileSync(join(folder, `${name}.html`), await reportPage(await runs()));
  });
  afterAll(() => browser?.close());

  const cases = Object.keys(pages).flatMap((name) => sights.map((sight) => [name, sight.width, sight.scheme] as const));

  test.each(cases)("%s at %i pixels, %s: fits, is legible, and asks for nothing", async (name, width, scheme) => {
    const { page, requests, close } = await openFile(browser, join(folder, `${name}.html`), { width, scheme });
    try {
      await page.evaluate(unfold);
      expect(await page.evaluate(pageWidth)).toBe(width);
      expect(await page.evaluate(beyondTheWindow)).toEqual([]);
      expect(await page.title()).not.toBe("taken");
      expect(await page.locator("script").count()).toBe(0);
      expect(await page.evaluate(brokenPictures)).toBe(0);
      // Of normal text WCAG asks for 4.5, of what is drawn for 3.
      for (const [what, ratio] of Object.entries(await page.evaluate<Readonly<Record<string, number>>>(contrasts)))
        expect(ratio, what).toBeGreaterThan(what === "text" || what === "dim" ? 4.5 : 3);
      expect(await page.evaluate(smallestText)).toBeGreaterThanOrEqual(10.5);
      expect(requests).toEqual([]);
    } finally {
      await close();
    }
  });

  test("has headings in order, a name for every picture and chart, and all classes in its table", async () => {
    const { page, close } = await openFile(browser, join(folder, "200 classes.html"), { width: 390, scheme: "light" });
    const levels = await page.evaluate<readonly number[]>(headingLevels);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 2)).toEqual([]);
    expect(await page.locator("img:not([alt]), img[alt=''], svg:not([aria-label])").count()).toBe(0);
    expect(await page.locator("#classes svg").count()).toBe(3);
    await page.locator("#classes summary").click();
    expect(await page.locator("#classes tbody tr").count()).toBe(200);
    expect(await page.locator("#classes tbody th").first().isVisible()).toBe(true);
    expect(await page.locator("#confused .pair").count()).toBe(8);
    expect(await page.locator("#hardest img").count()).toBe(16);
    await close();
  });

  test("that asked for something would be found out", async () => {
    const file = join(folder, "asking.html");
    writeFileSync(file, '<img src="https://example.invalid/x.png" width="2000" alt="">');
    const { page, requests, close } = await openFile(browser, file, { width: 390, scheme: "light" });
    expect(requests).toEqual(["https://example.invalid/x.png"]);
    expect(await page.evaluate(pageWidth)).toBeGreaterThan(390);
    expect(await page.evaluate(brokenPictures)).toBe(1);
    await close();
  });
});
