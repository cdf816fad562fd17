/** A hub on loopback, with as much of the real one's protocol as fgkd speaks; and everything that can go wrong with it. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createHub, type Hub, type HubOptions } from "../../core/hub/hub.js";

export const commit = "0123456789abcdef0123456789abcdef01234567";

/** What a request was, for tests to look at. */
interface Heard {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  readonly host: string | undefined;
}

/** Answers a request before the hub does; true where that was all. */
export type Interference = (
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array | undefined,
) => boolean;

export interface LocalHub {
  readonly address: string;
  readonly heard: readonly Heard[];
  /** Replaces what the hub would do. */
  interfere(how: Interference | undefined): void;
  /** How to speak to it. */
  variables(more?: Readonly<Record<string, string>>): Record<string, string>;
  hub(more?: Readonly<Record<string, string>>, options?: HubOptions): Hub;
  /** Nobody answers any more. */
  stop(): Promise<void>;
}

export interface LocalHubOptions {
  /** By repository, then by file: LFS where it is large. */
  readonly files: Readonly<Record<string, Readonly<Record<string, Uint8Array | string>>>>;
  /** Where large files lie. Default: at the hub itself. */
  readonly elsewhere?: () => string;
}

export async function startHub({ files, elsewhere }: LocalHubOptions): Promise<LocalHub> {
  const heard: Heard[] = [];
  let interference: Interference | undefined;
  const server = createServer((request, response) => {
    const { url = "", method = "", headers } = request;
    heard.push({ method, path: url, range: headers.range, authorization: headers.authorization, host: headers.host });
    const found = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url) ?? /^\/(cdn)\/([^/]+\/[^/]+)\/(.+)$/.exec(url);
    const [, where = "", revision = "", file = ""] = found ?? [];
    const repository = where === "cdn" ? revision : where;
    const content = files[repository]?.[file];
    const body = content === undefined ? undefined : Buffer.from(content);
    if (interference?.(request, response, body)) return;
    const fail = (status: number, code: string) => response.writeHead(status, { "x-error-code": code }).end();
    if (!files[repository]) return fail(401, "RepoNotFound");
    if (where !== "cdn" && !["main", "v1", commit].includes(revision)) return fail(404, "RevisionNotFound");
    if (!body) return response.writeHead(404, { "x-error-code": "EntryNotFound", "x-repo-commit": commit }).end();
    const isLarge = file !== "config.json";
    const git = createHash("sha1").update(`blob ${body.length}\0`).update(body).digest("hex");
    const about = isLarge
      ? { "x-linked-etag": `"${createHash("sha256").update(body).digest("hex")}"`, "x-linked-size": body.length }
      : { etag: `"${git}"` };
    const said = where === "cdn" ? {} : { ...about, "x-repo-commit": commit };
    if (where !== "cdn" && isLarge && elsewhere)
      return response.writeHead(302, { ...said, location: `${elsewhere()}/cdn/${repository}/${file}` }).end();
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    const part = from > 0 ? { "content-range": `bytes ${from}-${body.length - 1}/${body.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { ...said, ...part, "content-length": body.length - from });
    response.end(method === "HEAD" ? undefined : body.subarray(from));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cache = mkdtempSync(join(tmpdir(), "fgkd-hub-"));
  const stop = () =>
    new Promise<void>((done) => {
      server.closeAllConnections();
      server.close(() => done());
    });
  onTestFinished(async () => {
    await stop();
    rmSync(cache, { recursive: true, force: true });
  });
  const variables = (more = {}) => ({ HF_ENDPOINT: address, FGKD_CACHE: cache, HOME: cache, ...more });
  const patience = { tries: 3, pause: 1, longestPause: 20, silence: 2000 };
  return {
    address,
    heard,
    stop,
    interfere: (how) => {
      interference = how;
    },
    variables,
    hub: (more, options) => createHub({ variables: variables(more), patience, ...options }),
  };
}
