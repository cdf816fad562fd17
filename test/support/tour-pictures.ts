/**
 * Draws what README.md shows of a run: docs/images/tour-explain.png and tour-web.png. In a folder of one's own:
 *
 *     npx fgkd --preset dadkd
 *     npx fgkd explain runs/dadkd-1 --role teacher,baseline,student --drawn 4 --class true --side 128 --out seen
 *     npx fgkd export runs/dadkd-1 --role teacher --to web
 *     npx tsx test/support/tour-pictures.ts seen/grid.png teacher-web
 */
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import sharp from "sharp";
import { drawBird, encodePng } from "../../plugins/index.js";
import { startBrowser } from "./browser.js";

const [grid = "", folder = ""] = process.argv.slice(2);
const to = (name: string) => new URL(`../../docs/images/tour-${name}.png`, import.meta.url).pathname;
const small = { palette: true, colours: 192, effort: 10 } as const;

await sharp(grid).png(small).toFile(to("explain"));

const types: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };
const server = createServer(({ url = "/" }, response) => {
  const file = url === "/" ? "/index.html" : url;
  response.setHeader("content-type", types[file.split(".").at(-1) ?? ""] ?? "application/octet-stream");
  createReadStream(join(folder, file))
    .on("error", () => response.writeHead(404).end())
    .pipe(response);
}).listen(0, "127.0.0.1");
const browser = await startBrowser();
const page = await browser.newPage({ viewport: { width: 560, height: 700 } });
await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
await page.waitForSelector("body[data-ready]");
const bird = Buffer.from(await encodePng(drawBird("test", 18, 384)));
await page.setInputFiles("#file", { name: "bird.png", mimeType: "image/png", buffer: bird });
await page.waitForSelector("#guesses li");
await page.waitForTimeout(500);
const picture = await page.screenshot({ fullPage: true });
await browser.close();
server.close();
await sharp(picture).png(small).toFile(to("web"));
