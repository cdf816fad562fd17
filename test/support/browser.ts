/** A browser without a window, for tests that look at pages. */
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

/** Where Debian and Ubuntu put it; `CHROMIUM` names another. */
const usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const executable = process.env.CHROMIUM ?? usual.find((path) => existsSync(path));

/** For `isHere`. */
export const lacksBrowser =
  executable === undefined ? "install it (apt-get install chromium), or name one in CHROMIUM" : null;

/** What asks for nothing by itself. */
const flags =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
    " ",
  );

export function startBrowser(...more: readonly string[]): Promise<Browser> {
  return chromium.launch({
    ...(executable !== undefined && { executablePath: executable }),
    args: [...flags, ...more],
  });
}

/** How somebody looks at a page. */
export interface Sight {
  readonly width: number;
  readonly scheme: "light" | "dark";
}

/** Opens a file, and notes whatever it asks for beside itself. */
export async function openFile(
  browser: Browser,
  file: string,
  { width, scheme }: Sight,
): Promise<{ readonly page: Page; readonly requests: readonly string[]; close(): Promise<void> }> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  const page = await context.newPage();
  const address = pathToFileURL(file).href;
  const requests: string[] = [];
  page.on("request", (request) => {
    if (request.url() !== address && !request.url().startsWith("data:")) requests.push(request.url());
  });
  await page.goto(address);
  return { page, requests, close: () => context.close() };
}
