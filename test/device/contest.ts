/** fgkd against PyTorch on the same card, in turn, within a bound of time. */
import { fileURLToPath } from "node:url";
import { type Opponent, start } from "./opponents.js";
import { workloads } from "./workloads.js";

/** Which precisions of PyTorch's a precision of ours is set beside. */
const pairs = { f32: ["fp32", "tf32"], f16: ["tf32", "bf16"] } as const;

type Precision = keyof typeof pairs;

/** PyTorch's side of a comparison. */
interface Peer {
  /** Of a step. */
  readonly seconds?: number;
  /** What a step of fgkd takes relative to it. */
  readonly ratio?: number;
  /** Most bytes of tensors on the card. */
  readonly bytes?: number;
  readonly problem?: string;
}

export interface Row {
  readonly workload: string;
  readonly precision: Precision;
  /** Seconds of a step. */
  readonly fgkd?: number;
  /** Bytes of buffers on the card. */
  readonly bytes?: number;
  /** By PyTorch's precision. */
  readonly peers: Readonly<Record<string, Peer>>;
  /** What computed on either side. */
  readonly about?: string;
  readonly problem?: string;
}

const turns = 3;
const patience = Number(process.env.PATIENCE ?? 90);

/** @param secondsLeft of the whole; a row that would begin after it is not begun, and says so */
export async function contest(peerScript: string, secondsLeft: () => number, keep: (row: Row) => void): Promise<void> {
  for (const workload of Object.keys(workloads)) {
    const longest = Math.min(patience, secondsLeft());
    if (longest <= 10) {
      for (const precision of precisions) keep({ workload, precision, peers: {}, problem: "no time was left" });
      continue;
    }
    // All of them get ready at the same time, and wait while others take steps.
    const peer = start(process.env.PYTHON ?? "python3", [peerScript, workload], longest).catch((cause: Error) => cause);
    const own = precisions.map((precision) =>
      start(process.execPath, [fileURLToPath(import.meta.url), "steps", workload, precision], longest).catch(
        (cause: Error) => cause,
      ),
    );
    await Promise.all([peer, ...own]);
    for (const [at, precision] of precisions.entries())
      keep(await row(workload, precision, (await own[at]) as Opponent | Error, await peer));
    for (const one of [await peer, ...(await Promise.all(own))]) if (!(one instanceof Error)) one.end();
  }
}

const precisions = Object.keys(pairs) as readonly Precision[];

async function row(
  workload: string,
  precision: Precision,
  own: Opponent | Error,
  peer: Opponent | Error,
): Promise<Row> {
  if (own instanceof Error) return { workload, precision, peers: {}, problem: own.message };
  const peers: Record<string, Peer> = {};
  const times: number[] = [];
  try {
    for (const mode of pairs[precision]) {
      if (peer instanceof Error) {
        peers[mode] = { problem: peer.message };
        continue;
      }
      const [ours, theirs]: [number[], number[]] = [[], []];
      try {
        await peer.ask({ mode });
        for (let turn = 0; turn < turns; turn++) {
          ours.push(...(await secondsOf(own)));
          theirs.push(...(await secondsOf(peer)));
        }
        const bytes = (await peer.ask({ memory: true })).bytes ?? 0;
        peers[mode] = { seconds: median(theirs), ratio: median(ours) / median(theirs), bytes };
      } catch (cause) {
        peers[mode] = { problem: (cause as Error).message };
      }
      times.push(...ours);
    }
    if (times.length === 0) times.push(...(await secondsOf(own)));
    const about = `${own.about}${peer instanceof Error ? "" : `; ${peer.about}`}`;
    return {
      workload,
      precision,
      fgkd: median(times),
      bytes: (await own.ask({ memory: true })).bytes ?? 0,
      peers,
      about,
    };
  } catch (cause) {
    return { workload, precision, peers, problem: (cause as Error).message };
  }
}

async function secondsOf(opponent: Opponent): Promise<readonly number[]> {
  return (await opponent.ask({ steps: process.env.TINY ? 1 : 5 })).seconds ?? [];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
