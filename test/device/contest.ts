/** fgkd against PyTorch on the same card, in turn, within a bound of time. */
import { type Child, startChild } from "./children.js";
import type { Answer } from "./opponents.js";
import { workloads } from "./workloads.js";

/** Which precisions of PyTorch's a precision of ours is set beside. */
const pairs = { f32: ["fp32", "tf32"], f16: ["tf32", "bf16"] } as const;

type Precision = keyof typeof pairs;

const precisions = Object.keys(pairs) as readonly Precision[];

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
  /** Why something is missing. */
  readonly problem?: string;
}

type Opponent = Child<Answer> & { readonly first: Answer };

/** Starts the other sides of a workload. */
export interface Sides {
  peer(workload: string, secondsLeft: () => number): Promise<Opponent>;
  own(workload: string, precision: Precision, secondsLeft: () => number): Promise<Opponent>;
}

const turns = 3;
/** Seconds that one workload may take at most. */
const patience = Number(process.env.PATIENCE ?? 90);
/** Seconds below which none is begun. */
const least = 10;

/** The processes of `program.ts` and `peer.py`. */
export function processes(program: string, peerScript: string): Sides {
  return {
    peer: (workload, left) => startChild(process.env.PYTHON ?? "python3", [peerScript, workload], left),
    own: (workload, precision, left) =>
      startChild(process.execPath, [program, "steps", workload, precision, left().toFixed(0)], left),
  };
}

/**
 * Takes the steps of one workload after the other. Each has a fair share of the time that is left, and somewhat more: few need
 * theirs. What fails or is late is told in its row, and the next begins.
 *
 * @param secondsLeft of the whole
 * @param keep is given each row at its end
 */
export async function contest(
  sides: Sides,
  secondsLeft: () => number,
  keep: (row: Row) => void,
  names: readonly string[] = Object.keys(workloads),
): Promise<void> {
  for (const [at, workload] of names.entries()) {
    const whole = secondsLeft();
    const share = Math.min(patience, whole, (1.25 * whole) / (names.length - at));
    if (share <= least) {
      for (const precision of precisions) keep({ workload, precision, peers: {}, problem: "no time was left" });
      continue;
    }
    const left = () => secondsLeft() - (whole - share);
    // All of them get ready at the same time, and wait while others take steps.
    const waiting = [sides.peer(workload, left), ...precisions.map((one) => sides.own(workload, one, left))];
    const [peer, ...own] = (await Promise.all(waiting.map((one) => one.catch((cause: Error) => cause)))) as [
      Opponent | Error,
      ...(Opponent | Error)[],
    ];
    for (const [place, precision] of precisions.entries())
      keep({ workload, precision, ...(await compare(precision, own[place] as Opponent | Error, peer)) });
    for (const one of [peer, ...own]) if (!(one instanceof Error)) one.end();
  }
}

async function compare(
  precision: Precision,
  own: Opponent | Error,
  peer: Opponent | Error,
): Promise<Omit<Row, "workload" | "precision">> {
  const peers: Record<string, Peer> = {};
  if (own instanceof Error) return { peers, problem: own.message };
  const times: number[] = [];
  try {
    for (const mode of pairs[precision]) peers[mode] = await inTurn(own, peer, mode, times);
    if (times.length === 0) times.push(...(await secondsOf(own)));
    const bytes = (await own.ask({ memory: true })).bytes ?? 0;
    const about = [own, peer].flatMap((one) => (one instanceof Error ? [] : [one.first.ready]));
    return { fgkd: median(times), bytes, peers, about: about.join("; ") };
  } catch (cause) {
    return { ...(times.length > 0 && { fgkd: median(times) }), peers, problem: (cause as Error).message };
  }
}

/** Steps of either side; those of the turns that were whole count, whatever happened after them. */
async function inTurn(own: Opponent, peer: Opponent | Error, mode: string, times: number[]): Promise<Peer> {
  if (peer instanceof Error) return { problem: peer.message };
  const [ours, theirs]: [number[], number[]] = [[], []];
  let problem: string | undefined;
  let bytes: number | undefined;
  try {
    await peer.ask({ mode });
    for (let turn = 0; turn < turns; turn++) {
      const mine = await secondsOf(own);
      times.push(...mine);
      theirs.push(...(await secondsOf(peer)));
      ours.push(...mine);
    }
    bytes = (await peer.ask({ memory: true })).bytes;
  } catch (cause) {
    problem = (cause as Error).message;
  }
  const seconds = median(theirs);
  return {
    ...(theirs.length > 0 && { seconds, ratio: median(ours) / seconds }),
    ...(bytes !== undefined && { bytes }),
    ...(problem !== undefined && { problem }),
  };
}

async function secondsOf(opponent: Opponent): Promise<readonly number[]> {
  return (await opponent.ask({ steps: process.env.TINY ? 1 : 5 })).seconds ?? [];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
