/**
 * Draws docs/images/report.png, the page of a run on a desk and, beside it, in the dark on a phone:
 * `npx tsx test/support/report-picture.ts runs/dadkd-1/report.html [file]`
 */
import sharp from "sharp";
import { openFile, type Sight, startBrowser } from "./browser.js";

const [page = "", file = "docs/images/report.png"] = process.argv.slice(2);
const [height, gap] = [1500, 24];
const browser = await startBrowser();

/** @param from what of the page is at the top */
async function seen(sight: Sight, from: string): Promise<Buffer> {
  const { page: opened, close } = await openFile(browser, page, sight);
  await opened.setViewportSize({ width: sight.width, height });
  // Run in the browser.
  await opened.evaluate(`document.querySelector("${from}").scrollIntoView()`);
  const picture = await opened.screenshot();
  await close();
  return picture;
}

const desk = await seen({ width: 1200, scheme: "light" }, "body");
const phone = await seen({ width: 390, scheme: "dark" }, "#confused");
await browser.close();
const width = 1200 + gap + 390;
const both = await sharp({ create: { width, height, channels: 3, background: "#808080" } })
  .composite([
    { input: desk, left: 0, top: 0 },
    { input: phone, left: 1200 + gap, top: 0 },
  ])
  .png()
  .toBuffer();
await sharp(both).resize(1100).png({ palette: true, colours: 128, dither: 0.4, effort: 10 }).toFile(file);
