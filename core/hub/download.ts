/** One file of a commit: found at the hub, fetched from where it was cut off, checked, and given its name when it is whole. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { corruptFile, FgkdError, storageFailed } from "../values/errors.js";
import { claimPart, createChecksum, type PartFile } from "./part-file.js";
import { type HubReference, referenceText } from "./reference.js";
import { givenUp, lacksFile, refusal } from "./refusals.js";
import { type Answer, ask, Passing, type Patience, patiently, reasonOf } from "./requests.js";
import type { HubSettings } from "./settings.js";

/** How far a file has come. */
export interface FetchProgress {
  /** `hf://owner/name@commit/file` */
  readonly reference: string;
  /** Bytes. */
  readonly received: number;
  /** `undefined` where the hub does not say. */
  readonly size: number | undefined;
}

/** What requests are made with. */
export interface Line {
  readonly settings: HubSettings;
  readonly patience: Required<Patience>;
  onProgress?(progress: FetchProgress): void;
  /** Told what cannot be checked. */
  warn(words: string): void;
}

/** A file as the hub describes it. */
export interface RemoteFile {
  readonly repository: string;
  /** The commit that the revision stands for. */
  readonly revision: string;
  readonly file: string;
  readonly size: number | undefined;
  readonly checksum: { readonly kind: "sha256" | "git"; readonly value: string } | undefined;
}

/**
 * The first of several files that a repository has at a revision.
 *
 * @returns `undefined` where it has none of them
 * @throws FGKD_HUB
 */
export async function locate(
  reference: HubReference,
  files: readonly string[],
  line: Line,
): Promise<RemoteFile | undefined> {
  const { repository, revision = "main" } = reference;
  for (const file of files) {
    const answer = await patiently(
      line.patience,
      ({ signal }) => ask(addressOf({ repository, revision, file }, line), line.settings, { method: "HEAD", signal }),
      (last) => givenUp(reference, line.settings, last),
    );
    if (lacksFile(answer)) continue;
    if (answer.status >= 400) throw refusal(reference, line.settings, answer, files);
    return described(reference, file, answer, line);
  }
  return undefined;
}

function addressOf({ repository, revision, file }: Required<HubReference>, { settings }: Line): string {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return `${settings.endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${path}`;
}

function described(reference: HubReference, file: string, answer: Answer, { settings }: Line): RemoteFile {
  const { header } = answer;
  const revision = header("x-repo-commit");
  if (revision === undefined || !/^[0-9a-f]{40}$/.test(revision)) throw refusal(reference, settings, answer, [file]);
  // What stands elsewhere has its length beside the link; that of the answer is of the answer itself.
  const length = Number(header("x-linked-size") ?? (answer.status === 200 ? answer.own("content-length") : undefined));
  const etag = (header("x-linked-etag") ?? header("etag") ?? "").replace(/^W\//, "").replaceAll('"', "");
  const size = Number.isSafeInteger(length) && length >= 0 ? length : undefined;
  const kind = /^[0-9a-f]{64}$/.test(etag) ? "sha256" : "git";
  const isKnown = kind === "sha256" || (/^[0-9a-f]{40}$/.test(etag) && size !== undefined);
  const checksum = isKnown ? ({ kind, value: etag } as const) : undefined;
  return { repository: reference.repository, revision, file, size, checksum };
}

/**
 * Fetches a file.
 *
 * @param path where it shall lie, once it is whole
 * @throws FGKD_HUB, FGKD_CORRUPT_FILE for other bytes than the hub says, FGKD_STORAGE
 */
export async function download(remote: RemoteFile, path: string, line: Line): Promise<void> {
  const { size, checksum } = remote;
  if (checksum === undefined)
    line.warn(`${referenceText(remote)}: the hub gives no checksum; its length alone is checked.`);
  const stored = storing(path);
  const part = await stored(async () => {
    mkdirSync(dirname(path), { recursive: true });
    return await claimPart(path, () => createChecksum(checksum?.kind ?? "sha256", size ?? 0));
  });
  try {
    let hadPart = part.length > 0;
    for (;;) {
      if (size !== undefined && part.length > size) await stored(() => part.restart());
      if (size === undefined || part.length < size) await receive(remote, part, line, stored);
      const found = part.digest();
      if (checksum === undefined || found === checksum.value) break;
      await stored(() => part.restart());
      if (!hadPart)
        throw corruptFile(
          referenceText(remote),
          `has the checksum ${found.slice(0, 12)}… instead of ${checksum.value.slice(0, 12)}…, which the hub says`,
          "What arrived was thrown away: try again, and look at what stands between here and the hub (HF_ENDPOINT, proxies).",
        );
      // What lay there may have been the broken half.
      hadPart = false;
    }
    await stored(() => part.finish());
  } catch (error) {
    await part.release().catch(() => undefined);
    throw error;
  }
}

type Stored = <T>(work: () => Promise<T>) => Promise<T>;

/** A disk that is full is no fault of the hub's. */
function storing(path: string): Stored {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof FgkdError) throw error;
      throw storageFailed(
        path,
        error,
        "what has arrived is kept, and the next try goes on from it (FGKD_CACHE names another place)",
      );
    }
  };
}

/** Until it is all there. */
function receive(remote: RemoteFile, part: PartFile, line: Line, stored: Stored): Promise<void> {
  const { settings } = line;
  const reference = { repository: remote.repository, revision: remote.revision, file: remote.file };
  let furthest = part.length;
  return patiently(
    line.patience,
    async ({ signal, alive }) => {
      const answer = await ask(addressOf(reference, line), settings, { method: "GET", from: part.length, signal });
      const { status, own, body } = answer;
      if (status === 416) {
        await stored(() => part.restart());
        throw new Passing("has less of the file than is here already");
      }
      if (status >= 300) throw refusal(reference, settings, answer, [remote.file]);
      // A server need not know of parts: then it sends the whole.
      const begins = status === 206 ? Number(/^bytes (\d+)-/.exec(own("content-range") ?? "")?.[1]) : 0;
      if (begins !== part.length) await stored(() => part.restart());
      if (begins !== part.length) throw new Passing("sends another part than it was asked for");
      for await (const bytes of chunksOf(body)) {
        if (remote.size !== undefined && part.length + bytes.length > remote.size)
          throw corruptFile(
            referenceText(remote),
            `is longer than ${remote.size} bytes, which the hub says`,
            "Try again later.",
          );
        await stored(() => part.add(bytes));
        // From a server that knows of no parts the same beginning may come for ever.
        alive(part.length > furthest);
        furthest = Math.max(furthest, part.length);
        line.onProgress?.({ reference: referenceText(reference), received: part.length, size: remote.size });
      }
      if (part.length < (remote.size ?? 0)) throw new Passing("breaks off");
    },
    (last) => givenUp(reference, settings, last),
  );
}

async function* chunksOf(body: Answer["body"]): AsyncGenerator<Uint8Array, void, undefined> {
  if (!body) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new Passing(`breaks off (${reasonOf(cause)})`, undefined, { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
