/** One request to a hub: redirects, the token, what passes by itself, and words for what does not. */
import { setTimeout as wait } from "node:timers/promises";
import { hubFailed } from "../values/errors.js";
import { messageOf } from "../values/words.js";
import type { HubSettings } from "./settings.js";

/** An answer, whose body is not read yet. */
export interface Answer {
  readonly status: number;
  readonly body: Response["body"];
  /** A header of the hub, or, where it has sent one elsewhere, of whoever answered last: the hub's word counts. */
  header(name: string): string | undefined;
  /** Of whoever answered last alone: the length and the place of what it sends. */
  own(name: string): string | undefined;
}

/** A failure that may be over soon. */
export class Passing extends Error {
  /** @param seconds after which the hub wants to be asked again */
  constructor(
    message: string,
    readonly seconds?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface Asked {
  readonly method: "HEAD" | "GET";
  /** Bytes of the file that are here already. Default 0. */
  readonly from?: number;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

const mostRedirects = 8;

/**
 * Asks once. A `HEAD` ends with the hub's own answer, and does not follow it to where the bytes lie.
 *
 * @throws Passing when nobody answers, or asks for patience
 */
export async function ask(url: string, settings: HubSettings, { method, from = 0, signal }: Asked): Promise<Answer> {
  const heads: Headers[] = [];
  let at = url;
  for (let turn = 0; turn <= mostRedirects; turn++) {
    const response = await send(at, settings, { method, from, signal });
    heads.push(response.headers);
    const header = (name: string) => heads.find((one) => one.has(name))?.get(name) ?? undefined;
    const own = (name: string) => response.headers.get(name) ?? undefined;
    const { status, body } = response;
    const to = status >= 300 && status < 400 ? response.headers.get("location") : null;
    const isDescribed = own("x-repo-commit") !== undefined && (own("x-linked-etag") ?? own("etag")) !== undefined;
    if (to === null || (method === "HEAD" && isDescribed)) {
      if ([408, 429, 500, 502, 503, 504].includes(status)) {
        await body?.cancel();
        throw new Passing(`answers ${status}`, secondsIn(response.headers.get("retry-after")));
      }
      return { status, body, header, own };
    }
    await body?.cancel();
    const next = new URL(to, at);
    // Whoever can change what goes over http could put other weights, and another checksum, in their place.
    if (next.protocol !== "https:" && next.protocol !== new URL(settings.endpoint).protocol)
      throw hubFailed(url, `leads to ${next.protocol}//${next.host}, without encryption`, "Report it to the hub.");
    at = next.href;
  }
  throw hubFailed(url, `leads from one place to the next, more than ${mostRedirects} times`, "Look at HF_ENDPOINT.");
}

async function send(url: string, { endpoint, token }: HubSettings, { method, from = 0, signal }: Asked) {
  // The token is for the hub, and for nobody that it names.
  const isHub = new URL(url).origin === new URL(endpoint).origin;
  const headers = {
    "user-agent": "fgkd",
    // Lengths and checksums are of the bytes as they lie there.
    "accept-encoding": "identity",
    ...(token !== undefined && isHub && { authorization: `Bearer ${token}` }),
    ...(from > 0 && { range: `bytes=${from}-` }),
  };
  try {
    return await fetch(url, { method, headers, redirect: "manual", signal });
  } catch (cause) {
    throw new Passing(`cannot be reached (${reasonOf(cause)})`, undefined, { cause });
  }
}

/** Node says "fetch failed", and why in the cause. */
export function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error ? cause.cause : undefined;
  const { code } = (inner ?? cause ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : messageOf(inner ?? cause);
}

/** `Retry-After` in seconds; as a date, which needs a clock, it is passed over. */
function secondsIn(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}

/** How often, and how long apart, what passes is tried again. */
export interface Patience {
  /** Tries in a row that bring nothing. Default 5. */
  readonly tries?: number;
  /** Milliseconds before the second try; doubled from try to try. Default 1,000. */
  readonly pause?: number;
  /** Milliseconds that no pause exceeds, whatever the hub asks for. Default a minute. */
  readonly longestPause?: number;
  /** Milliseconds without a byte after which a request is given up. Default a minute. */
  readonly silence?: number;
}

export const usualPatience: Required<Patience> = { tries: 5, pause: 1000, longestPause: 60_000, silence: 60_000 };

/**
 * Tries again what passes.
 *
 * @param work its `alive` puts off the end of its request; it says whether it has brought anything, which begins the count anew
 * @param failed what is thrown when it does not pass
 */
export async function patiently<T>(
  patience: Required<Patience>,
  work: (request: { readonly signal: AbortSignal; alive(hasMore?: boolean): void }) => Promise<T>,
  failed: (last: Passing) => Error,
): Promise<T> {
  for (let failures = 0; ; ) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Passing("says nothing")), patience.silence);
    const alive = (hasMore = false) => {
      timer.refresh();
      if (hasMore) failures = 0;
    };
    try {
      return await work({ signal: controller.signal, alive });
    } catch (error) {
      const { signal } = controller;
      const passing = signal.aborted ? new Passing("says nothing any more", undefined, { cause: error }) : error;
      if (!(passing instanceof Passing)) throw error;
      failures += 1;
      if (failures >= patience.tries) throw failed(passing);
      const pause = Math.max(patience.pause * 2 ** (failures - 1), (passing.seconds ?? 0) * 1000);
      await wait(Math.min(pause, patience.longestPause));
    } finally {
      clearTimeout(timer);
    }
  }
}
