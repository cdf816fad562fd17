/** Processes that are asked in lines of JSON, and answer in time or are ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Child<Answer> {
  /** @throws Error with the process' last words when it ends, or does not answer in time; then it is ended */
  ask(command: object): Promise<Answer>;
  end(): void;
}

/**
 * Starts a process. What it says before its first line of JSON is not heard.
 *
 * @param secondsLeft for the answer that is waited for
 * @returns the process, and the first answer, which it gives unasked
 * @throws Error as `ask`
 */
export async function startChild<Answer>(
  command: string,
  words: readonly string[],
  secondsLeft: () => number,
): Promise<Child<Answer> & { readonly first: Answer }> {
  const child: ChildProcess = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
  let last = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    last = `${last}${chunk}`.slice(-2000);
  });
  // It may end before it has read what it was asked: that is told by its end.
  child.stdin?.on("error", () => {});
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const gone = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => reject(new Error(`${command} ended with ${code ?? signal}: ${reason(last)}`)));
  });
  gone.catch(() => {});
  const next = async (): Promise<Answer> => {
    let timer: NodeJS.Timeout | undefined;
    const seconds = Math.max(secondsLeft(), 0);
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`${command} did not answer in ${seconds.toFixed(0)} s: ${reason(last)}`));
      }, seconds * 1000);
    });
    try {
      for (;;) {
        const { value } = await Promise.race([lines.next(), gone, late]);
        if (String(value).startsWith("{")) return JSON.parse(String(value)) as Answer;
        if (value === undefined) await Promise.race([gone, late]);
      }
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    first: await next(),
    ask: (asked) => {
      child.stdin?.write(`${JSON.stringify(asked)}\n`);
      return next();
    },
    end: () => void child.kill("SIGKILL"),
  };
}

/** Of what a process said last: its error, if it told one. */
function reason(words: string): string {
  const lines = words.trim().split("\n");
  return lines.filter((line) => /error/i.test(line)).at(-1) ?? lines.at(-1) ?? "";
}

/** The other end: answers each line of the process' own input, and ends with it. */
export async function answerLines(answer: (asked: never) => Promise<object>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) tell(await answer(JSON.parse(line) as never));
  process.exit(0);
}

/** Says a line that no one asked for. */
export function tell(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
