/** A real terminal: what a person sees of a command, and the keys that they press meanwhile. */
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isHere } from "../support/required.js";

const main = fileURLToPath(new URL("../../dist/core/cli/main.js", import.meta.url));

/** Whether a terminal can be had: `script` of util-linux makes one. */
export function hasTerminal(): boolean {
  const answer = spawnSync("script", ["--version"], { encoding: "utf8" });
  const found = answer.status === 0 && answer.stdout.includes("util-linux");
  return isHere("a terminal", found ? null : "script of util-linux is missing (apt-get install bsdutils)");
}

/** A key that is pressed as soon as a text stands on the terminal. */
export interface Press {
  readonly after: string;
  readonly key: () => string;
}

export interface Session {
  readonly code: number | null;
  /** What is to be read on the terminal in the end. */
  readonly screen: string;
}

/** Types `npx fgkd …` into a terminal of 200 columns. */
export function typed(words: readonly string[], cwd: string, presses: readonly Press[] = []): Promise<Session> {
  const quoted = [process.execPath, main, ...words].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const { NO_COLOR: _, ...env } = process.env;
  const child = spawn("script", ["-qfec", `stty cols 200 rows 50; exec ${quoted}`, "/dev/null"], {
    cwd,
    env: { ...env, TERM: "xterm-256color", SHELL: "/bin/sh", npm_command: "exec" },
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 120_000,
  });
  const waiting = [...presses];
  let written = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    written += chunk;
    for (let next = waiting[0]; next && written.includes(next.after); next = waiting[0]) {
      waiting.shift();
      child.stdin.write(next.key());
    }
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, screen: screenOf(written) }));
  });
}

/** What stands on an endless terminal after all was written: the cursor moves, lines are erased, colours are left out. */
function screenOf(written: string): string {
  const lines: string[] = [""];
  let [row, column] = [0, 0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are made of them
  for (const [part, count, order] of written.matchAll(/\x1b\[\??([\d;]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+/g)) {
    const line = lines[row] ?? "";
    if (part === "\r") column = 0;
    else if (part === "\n") row += 1;
    else if (order === undefined) {
      lines[row] = line.slice(0, column).padEnd(column) + part + line.slice(column + part.length);
      column += part.length;
    } else if (order === "A") row -= Number(count || 1);
    else if (order === "G") column = Number(count || 1) - 1;
    else if (order === "K" || order === "J") {
      lines[row] = line.slice(0, column);
      if (order === "J") lines.length = row + 1;
    } else if (!"mhl".includes(order)) throw new Error(`the terminal does not know ${JSON.stringify(part)}`);
  }
  return [...lines].map((line = "") => line.trimEnd()).join("\n");
}
