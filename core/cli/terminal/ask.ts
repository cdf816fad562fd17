/** A question on a terminal. */
import { createInterface } from "node:readline";

/**
 * Asks, and waits for yes or no; no is what Enter means, an end of the input, and a signal.
 *
 * @param input and `output`: both of a terminal
 */
export function askYesNo(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  question: string,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    // Not as a terminal: that would take Ctrl-C away from the process.
    const lines = createInterface({ input, terminal: false });
    lines.once("line", (line) => {
      resolve(/^\s*y(es)?\s*$/i.test(line));
      lines.close();
    });
    lines.once("close", () => resolve(false));
    signal.addEventListener("abort", () => lines.close(), { once: true });
    output.write(`${question} [y/N] `);
  });
}
