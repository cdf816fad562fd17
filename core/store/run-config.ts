/** `config.json` and `manifest.json` of a run folder. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SettingsLayer } from "../config/config.js";
import type { Run } from "../run/run.js";
import { invalidConfig, pathProblem } from "../values/errors.js";
import { type Manifest, type Resolved, resolvedOf } from "./manifest.js";
import { checkWritten, largestRunFile, readConfigFile, readManifestFile } from "./run-files.js";
import type { RunId } from "./run-id.js";
import { jsonText, writeText } from "./storage.js";
import { commitsOf, weightsOf } from "./weights-record.js";

/** What the run was asked for: enough to compose it again. */
export interface RunRequest {
  /** The preset's name or file, as it was given. */
  readonly preset: string;
  /** What the user laid over the preset, scale included. */
  readonly layers: readonly SettingsLayer[];
  /** Specifiers of further plugins. */
  readonly plugins: readonly string[];
  /** The folder where the run was begun: from there packages are found, and paths meant that a preset in code says. */
  readonly from?: string;
  /** The preset itself, where it was written as data. */
  readonly written?: Readonly<Record<string, unknown>>;
  /** By reference to a hub: the commit that it stood for when the run began. */
  readonly commits?: Readonly<Record<string, string>>;
  /** Code of others that the run was made with: packages by version, files by checksum. */
  readonly modules?: readonly ModuleRecord[];
}

interface ModuleRecord {
  /** Of a package, or an absolute path. */
  readonly name: string;
  readonly version?: string;
  readonly sha256?: string;
}

export interface RunConfig extends RunRequest {
  /** Which run this is; see `RunId`. */
  readonly id: RunId;
  /** Every setting as it came out, for `differences`. */
  readonly resolved: Resolved;
  /** By role: checksum of the file that its weights come from. */
  readonly weights?: Readonly<Record<string, string>>;
}

/** @throws FGKD_STORAGE, FGKD_INVALID_CONFIG when it is more than could be read again */
export function writeConfig(path: string, request: RunRequest, run: Run, id: RunId): void {
  const commits = { ...request.commits, ...commitsOf(run) };
  const about = { weights: weightsOf(run), resolved: resolvedOf(run) };
  const text = jsonText({
    ...(id !== null && { id }),
    ...request,
    ...(Object.keys(commits).length > 0 && { commits }),
    ...about,
  });
  const bytes = Buffer.byteLength(text);
  const remedy = `${largestRunFile} are the most: keep lists in files.`;
  if (bytes > largestRunFile) throw invalidConfig(run.preset.name, `its settings take ${bytes} bytes`, remedy);
  checkWritten("config.json", text);
  writeText(join(path, "config.json"), text);
}

/** What `manifest.json` says. @throws FGKD_INVALID_CONFIG when it could not be read again */
export function manifestText(manifest: Manifest): string {
  const text = jsonText(manifest);
  checkWritten("manifest.json", text);
  return text;
}

/** What a run was asked for, without what came of it. */
export function requestIn({ preset, layers, plugins, from, written, commits, modules }: RunConfig): RunRequest {
  const kept = { ...(from !== undefined && { from }), ...(written && { written }), ...(modules && { modules }) };
  return { preset, layers, plugins, ...kept, ...(commits && { commits }) };
}

/** @throws FGKD_PATH when there is none, FGKD_CORRUPT_FILE */
export function readConfig(path: string): RunConfig {
  const file = join(path, "config.json");
  if (!existsSync(file)) {
    const lack = existsSync(path) ? "config.json is missing" : "there is no such folder";
    throw pathProblem(path, `holds no run (${lack})`, "Give a folder that fgkd train made.");
  }
  // The reader has looked at every field.
  const { id = null, ...config } = readConfigFile(file) as Omit<RunConfig, "id"> & { readonly id?: RunId };
  return { id, ...config };
}

/** `null` when there is none. @throws FGKD_CORRUPT_FILE */
export function readManifest(path: string): Manifest | null {
  const file = join(path, "manifest.json");
  // The reader has looked at every field.
  return existsSync(file) ? (readManifestFile(file) as Manifest) : null;
}
