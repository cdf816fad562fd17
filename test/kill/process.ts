/** Real `fgkd` processes, and what is left when they end. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { staleBuild } from "../support/build.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const main = join(root, "dist/core/cli/main.js");

/** @throws when dist/ is not of these sources */
export function requireBuild(): void {
  const lack = staleBuild();
  if (lack !== null) throw new Error(lack);
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface ProcessOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Put before the command: `["setpriv", "--reuid", "65534"]`. */
  readonly through?: readonly string[];
  /** Called with the process as soon as it runs. */
  readonly meanwhile?: (child: ChildProcess) => void;
}

/** Runs the built command to its end. */
export function fgkd(words: readonly string[], { cwd, env, through = [], meanwhile }: ProcessOptions): Promise<Ended> {
  const [command = "", ...rest] = [...through, process.execPath, main, ...words];
  const child = spawn(command, rest, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk;
  });
  meanwhile?.(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, out, err }));
  });
}

/** Calls back once, when the text has been printed to standard output. */
export function whenPrinted(child: ChildProcess, wanted: string | RegExp, act: () => void): void {
  let out = "";
  const look = (chunk: Buffer) => {
    out += chunk;
    if (out.search(wanted) < 0) return;
    child.stdout?.off("data", look);
    act();
  };
  child.stdout?.on("data", look);
}

/** Calls back once, when the condition holds; looked at often while the process runs. */
export function whenTrue(child: ChildProcess, condition: () => boolean, act: () => void): void {
  const stop = () => clearInterval(looking);
  const looking = setInterval(() => {
    if (!condition()) return;
    stop();
    act();
  }, 10);
  child.on("close", stop);
}

/** Whether a run folder has a whole checkpoint. */
export function hasCheckpoint(run: string): boolean {
  const folder = join(run, "checkpoints");
  return existsSync(folder) && readdirSync(folder).some((file) => /^\d+\.json$/.test(file));
}

/**
 * What a run came to, byte for byte: models, result, metrics, artifacts, and the last checkpoint with optimisers and streams.
 * Left out is what may differ: seconds, and what was waited for.
 */
export function outcome(run: string): Readonly<Record<string, string>> {
  const at = (...parts: string[]) => join(run, ...parts);
  const last = readdirSync(at("checkpoints"))
    .filter((file) => /^\d+\.json$/.test(file))
    .sort()
    .at(-1);
  const { state } = JSON.parse(readFileSync(at("checkpoints", last ?? ""), "utf8")) as {
    readonly state: { readonly spent?: unknown };
  };
  const best = readdirSync(at("checkpoints")).filter((file) => file.startsWith("best-"));
  const tensorsOf = (file: string) =>
    (JSON.parse(readFileSync(at("checkpoints", file), "utf8")) as { readonly tensors: string }).tensors;
  return {
    ...Object.fromEntries(readdirSync(at("models")).map((file) => [file, digest(readFileSync(at("models", file)))])),
    "result.json": JSON.stringify({ ...JSON.parse(readFileSync(at("result.json"), "utf8")), dataWait: undefined }),
    "metrics.jsonl": readFileSync(at("metrics.jsonl"), "utf8"),
    "last checkpoint": `${last} ${JSON.stringify({ ...state, spent: undefined })}`,
    "its tensors": digest(readFileSync(at("checkpoints", String(last).replace(".json", ".safetensors")))),
    artifacts: artifactsOf(run),
    "best checkpoints": best.map((file) => `${file} ${tensorsOf(file)}`).join(),
  };
}

/** What plugins left, and nothing unfinished. */
function artifactsOf(run: string): string {
  const folder = join(run, "artifacts");
  if (!existsSync(folder)) return "none";
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return paths.map((path) => `${relative(folder, path)} ${digest(readFileSync(path))}`).join("\n");
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
