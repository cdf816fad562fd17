/** The process of stalling-run.ts, started and waited for. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("stalling-run.ts", import.meta.url));

/** @param seconds of silence that are allowed at least */
export function runStalling(how: string, seconds: number, factor = 10) {
  const child = spawn(process.execPath, ["--import", "tsx", script, how, String(seconds), String(factor)]);
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk;
  });
  return new Promise<{ code: number | null; signal: string | null; out: string; err: string }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, out, err })),
  );
}
