/** Runs of a built checkout, through its command line, and what they left. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case, Engine, Scale } from "./cases.js";
import { type Left, leftBy } from "./left.js";

export interface Asked extends Case {
  readonly preset: string;
  readonly scale: Scale;
  readonly engine: Engine;
}

/** The command's exit code for an engine that cannot run (docs/reference/exit-codes.md). */
const unavailable = 69;

/** The command of a checkout. @throws when it is not built */
export function commandOf(checkout: string): string {
  const main = join(checkout, "dist/core/cli/main.js");
  if (!existsSync(main)) throw new Error(`${main} is missing: build that checkout first, with npm run build there`);
  return main;
}

/**
 * Runs to the end.
 *
 * @returns what the run left, or, as text, why its engine cannot run here
 * @throws when the run fails otherwise
 */
export function record(main: string, { preset, scale, engine, config, words }: Asked): Left | string {
  const folder = mkdtempSync(join(tmpdir(), "fgkd-bytes-"));
  try {
    const [settings, out] = [join(folder, "settings.json"), join(folder, "run")];
    writeFileSync(settings, JSON.stringify(config));
    const asked = ["--preset", preset, "--scale", scale, "--engine", engine, "--config", settings, ...words];
    const { status, stderr } = spawnSync(process.execPath, [main, ...asked, "--quiet", "--out", out], {
      cwd: folder,
      env: withoutSwitches(),
      encoding: "utf8",
    });
    if (status === unavailable) return stderr.trim();
    if (status !== 0) throw new Error(`fgkd ${asked.join(" ")} ended with ${status}:\n${stderr}`);
    return leftBy(out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without variables that choose other kernels or threads: they may change bytes. */
function withoutSwitches(): NodeJS.ProcessEnv {
  const switches = /^(FGKD_|OMP_|DNNL_|ONEDNN_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !switches.test(name)));
}
