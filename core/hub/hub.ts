/** Files of a hub that keeps weights, such as huggingface.co: fetched once, then kept. */

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { FgkdError, hubFailed, storageFailed } from "../values/errors.js";
import { type Logger, silentLogger } from "../values/logger.js";
import { download, type FetchProgress, type Line, locate, type RemoteFile } from "./download.js";
import { type HubReference, isCommit, parseReference, referenceText } from "./reference.js";
import { type Refused, refusal } from "./refusals.js";
import { Passing, type Patience, usualPatience } from "./requests.js";
import { hubSettings, type Variables } from "./settings.js";

/** The usual names of weights, the better format first. */
const weightsFiles = ["model.safetensors", "pytorch_model.bin"] as const;

/** What a repository says of its model; see `about-weights.ts`. */
const description = "config.json";

/** In bytes. Labels of twenty thousand classes are a few hundred thousand. */
const longestDescription = 2 ** 23;

/** A file that is here now. */
export interface FetchedFile {
  /** Its path. Beside it lies the repository's `config.json`, where that has one. */
  readonly file: string;
  /** The commit that it is of. */
  readonly commit: string;
}

export interface Hub {
  /**
   * Makes a reference a local file: from the cache where it has that commit, else from the hub. Any number of processes may.
   *
   * @param reference `hf://owner/name[@revision][/file]`
   * @param commit which the revision stood for before. Default: what it stands for now
   * @throws FGKD_PATH for what is no reference, FGKD_HUB for what the hub does not give, FGKD_CORRUPT_FILE, FGKD_STORAGE
   */
  fetch(reference: string, commit?: string): Promise<FetchedFile>;
}

export interface HubOptions {
  /** Where the hub is, and how it is asked; see `hubSettings`. Default: the environment of the process. */
  readonly variables?: Variables;
  /** Default: nobody is told. */
  readonly logger?: Logger;
  /** Told of every piece that arrives. */
  readonly onProgress?: (progress: FetchProgress) => void;
  readonly patience?: Patience;
}

export function createHub({
  variables = process.env,
  logger = silentLogger,
  onProgress,
  patience = {},
}: HubOptions = {}): Hub {
  return {
    fetch: async (text, before) => {
      const reference = parseReference(text);
      const settings = hubSettings(variables);
      const line: Line = {
        settings,
        patience: { ...usualPatience, ...patience },
        warn: (words) => logger.warn(words),
        ...(onProgress && { onProgress }),
      };
      const cache = cacheOf(settings.cache, reference);
      const fixed = isCommit(reference.revision) ? reference.revision : before;
      const kept = fixed === undefined ? undefined : cache.find(fixed);
      if (kept) return kept;
      const last = () => cache.find(fixed ?? cache.lastCommit() ?? "");
      if (settings.isOffline) return last() ?? refuseOffline(reference, cache.folder);
      try {
        return await fetchNow(
          { ...reference, ...(fixed !== undefined && { revision: fixed }) },
          reference,
          cache,
          line,
          logger,
        );
      } catch (error) {
        const found = isUnreachable(error) ? last() : undefined;
        if (!found) throw error;
        logger.warn(
          `${(error as Error).message} ${text} is taken as it was last, at commit ${found.commit.slice(0, 12)}.`,
        );
        return found;
      }
    },
  };
}

async function fetchNow(
  wanted: HubReference,
  asked: HubReference,
  cache: Cache,
  line: Line,
  logger: Logger,
): Promise<FetchedFile> {
  const files = namesOf(asked);
  const remote = await locate(wanted, files, line);
  if (!remote) throw refusal(wanted, line.settings, nothingFound, files);
  if (!isCommit(wanted.revision)) cache.remember(remote.revision);
  const found = cache.find(remote.revision);
  if (found) return found;
  // First what describes the weights: who finds these finds the other.
  const beside = posix.join(posix.dirname(remote.file), description);
  const about = await locate({ ...wanted, revision: remote.revision }, [beside], line);
  if (about && (about.size ?? 0) <= longestDescription && !existsSync(cache.path(about)))
    await download(about, cache.path(about), line);
  logger.info(`Fetching ${referenceText(remote)}${sizeInWords(remote.size)} to ${cache.path(remote)}`);
  await download(remote, cache.path(remote), line);
  return { file: cache.path(remote), commit: remote.revision };
}

/** As a hub would answer. */
const nothingFound: Refused = {
  status: 404,
  header: (name: string) => (name === "x-error-code" ? "EntryNotFound" : undefined),
};

function namesOf({ file }: HubReference): readonly string[] {
  return file === undefined ? weightsFiles : [file];
}

/** What is here of one repository. */
interface Cache {
  readonly folder: string;
  path(remote: Pick<RemoteFile, "revision" | "file">): string;
  find(commit: string): FetchedFile | undefined;
  /** What the revision stood for when the hub was asked last. */
  lastCommit(): string | undefined;
  remember(commit: string): void;
}

function cacheOf(root: string, reference: HubReference): Cache {
  const folder = join(root, "hub", ...reference.repository.split("/"));
  const path: Cache["path"] = ({ revision, file }) => join(folder, revision, file);
  const last = join(folder, "refs", encodeURIComponent(reference.revision ?? "main"));
  return {
    folder,
    path,
    find: (commit) => {
      if (!isCommit(commit)) return undefined;
      const file = namesOf(reference)
        .map((name) => path({ revision: commit, file: name }))
        .find((one) => existsSync(one));
      return file === undefined ? undefined : { file, commit };
    },
    lastCommit: () => (existsSync(last) ? readFileSync(last, "utf8").trim() : undefined),
    remember: (commit) => {
      try {
        mkdirSync(dirname(last), { recursive: true });
        const temporary = `${last}.${randomBytes(4).toString("hex")}.tmp`;
        writeFileSync(temporary, commit);
        renameSync(temporary, last);
      } catch (cause) {
        throw storageFailed(last, cause, "nothing was fetched (FGKD_CACHE names another place)");
      }
    },
  };
}

function refuseOffline(reference: HubReference, folder: string): never {
  throw hubFailed(
    referenceText(reference),
    `it is not in the cache (${folder}), and nothing is fetched offline`,
    "Unset FGKD_OFFLINE and HF_HUB_OFFLINE, fetch it once where there is a network, or give the path of a file.",
  );
}

function isUnreachable(error: unknown): boolean {
  return error instanceof FgkdError && error.cause instanceof Passing;
}

function sizeInWords(size: number | undefined): string {
  return size === undefined ? "" : ` (${(size / 1e6).toFixed(1)} MB)`;
}
