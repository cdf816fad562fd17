/** Where the hub is, who asks, and where what it gave is kept: as the environment says. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { pathProblem } from "../values/errors.js";

/** Environment variables. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** Nothing is asked for: what the cache does not have is not to be had. */
  readonly isOffline: boolean;
  /** An absolute path. */
  readonly cache: string;
}

const publicHub = "https://huggingface.co";

/**
 * - the cache: see `cacheFolder`;
 * - `FGKD_OFFLINE`, `HF_HUB_OFFLINE`: 1, true, yes or on;
 * - `HF_ENDPOINT`: another hub, or a mirror;
 * - `HF_TOKEN`, else, for the public hub alone, the token that its own tools have stored (`HF_TOKEN_PATH`,
 *   `$HF_HOME/token`, `~/.cache/huggingface/token`) unless `HF_HUB_DISABLE_IMPLICIT_TOKEN` is on.
 *
 * @throws FGKD_PATH for an endpoint that is no address
 */
export function hubSettings(variables: Variables): HubSettings {
  const home = variables.HOME || homedir();
  const endpoint = (variables.HF_ENDPOINT || publicHub).replace(/\/+$/, "");
  if (!/^https?:$/.test(protocolOf(endpoint)))
    throw pathProblem(endpoint, "is no address of a hub", `Set HF_ENDPOINT to one, as ${publicHub}, or unset it.`);
  return {
    endpoint,
    token: variables.HF_TOKEN?.trim() || (endpoint === publicHub ? storedToken(variables, home) : undefined),
    isOffline: isOn(variables.FGKD_OFFLINE) || isOn(variables.HF_HUB_OFFLINE),
    cache: cacheFolder(variables),
  };
}

/** Where what was fetched or unpacked is kept: `FGKD_CACHE`, else `$XDG_CACHE_HOME/fgkd`, else `~/.cache/fgkd`. */
export function cacheFolder(variables: Variables = process.env): string {
  const { FGKD_CACHE: own, XDG_CACHE_HOME: shared = "", HOME: home } = variables;
  return resolve(own || join(isAbsolute(shared) ? shared : join(home || homedir(), ".cache"), "fgkd"));
}

function protocolOf(address: string): string {
  try {
    return new URL(address).protocol;
  } catch {
    return "";
  }
}

function isOn(value = ""): boolean {
  return ["1", "true", "yes", "on"].includes(value.toLowerCase());
}

/** Whoever has pointed fgkd at another hub has not said that it may have this. */
function storedToken(variables: Variables, home: string): string | undefined {
  if (isOn(variables.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  const folder = variables.HF_HOME || join(variables.XDG_CACHE_HOME || join(home, ".cache"), "huggingface");
  const file = variables.HF_TOKEN_PATH || join(folder, "token");
  try {
    return existsSync(file) ? readFileSync(file, "utf8").trim() || undefined : undefined;
  } catch {
    // What may not be read is none of ours; a repository that needs a token says so.
    return undefined;
  }
}
