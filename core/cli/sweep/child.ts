/** This command once more, in a process of its own: a task beside others. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";

export interface Child {
  /** The exit code; of one that a signal ended, 128 and its number. */
  readonly ended: Promise<number>;
  /** Asks it to end with a checkpoint. */
  stop(): void;
}

/**
 * @param words as typed after `fgkd`
 * @param log file that what it prints is appended to
 * @param variables besides this process's own
 */
export function startChild(
  words: readonly string[],
  {
    cwd,
    log,
    variables,
  }: { readonly cwd: string; readonly log: string; readonly variables: Readonly<Record<string, string>> },
): Child {
  const file = openSync(log, "a");
  const script = process.argv[1] as string;
  // In a group of its own: Ctrl-C on a terminal reaches this process alone, which passes it on once.
  const child = spawn(process.execPath, [...process.execArgv, script, ...words], {
    cwd,
    env: { ...process.env, ...variables },
    stdio: ["ignore", file, file],
    detached: true,
  });
  closeSync(file);
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  return { ended, stop: () => void child.kill("SIGTERM") };
}
