import { describe, expect, onTestFinished, test } from "vitest";
import { startChild } from "./children.js";

interface Answer {
  readonly ready?: boolean;
  readonly told?: unknown;
}

/** A process of Node that says it is ready, and does to each line what `answer` says. */
async function start(answer: string, seconds = 60) {
  const script = `console.log("by the way"); console.log('{"ready":true}');
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => { ${answer} });`;
  const child = await startChild<Answer>(process.execPath, ["-e", script], () => seconds);
  onTestFinished(() => child.end());
  return child;
}

describe("a process that is asked in lines", () => {
  test("answers one question after the other", async () => {
    const child = await start("console.log(JSON.stringify({ told: JSON.parse(line) }));");
    expect(child.first).toEqual({ ready: true });
    expect(await child.ask({ steps: 5 })).toEqual({ told: { steps: 5 } });
    expect(await child.ask({ memory: true })).toEqual({ told: { memory: true } });
  });

  test("that ends is told with its error, whenever it is asked", async () => {
    const child = await start('console.error("Error: no room"); console.error("at line 7"); process.exit(3);');
    await expect(child.ask({ steps: 5 })).rejects.toThrow("ended with 3: Error: no room");
    await expect(child.ask({ steps: 5 })).rejects.toThrow("ended with 3: Error: no room");
  });

  test("that is killed from outside is told with the signal", async () => {
    const child = await start("process.kill(process.pid, 'SIGKILL');");
    await expect(child.ask({})).rejects.toThrow("ended with SIGKILL");
  });

  test("that is late is ended", async () => {
    const child = await start("", 1);
    await expect(child.ask({})).rejects.toThrow("did not answer in 1 s");
    await expect(child.ask({})).rejects.toThrow("ended with SIGKILL");
  });

  test("that is not there is told at once", async () => {
    await expect(startChild("no-such-program", [], () => 60)).rejects.toThrow("ENOENT");
  });
});
