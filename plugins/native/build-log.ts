/** What came of building a part on this machine. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "./package-root.js";

const logOf = (part: string) => path.join(packageRoot(), "build", `${part}.log`);

/**
 * Why the last build on this machine failed.
 *
 * @param part the addon's name
 */
export function whyNotBuilt(part: string): string {
  try {
    const [reason = ""] = readFileSync(logOf(part), "utf8").split("\n");
    return reason;
  } catch {
    return "no build was tried yet; npm runs the install scripts of packages only where they are approved";
  }
}

/** Whether a build was tried, and failed. */
export function hasFailed(part: string): boolean {
  return existsSync(logOf(part));
}
