/** A workload on fgkd and on PyTorch, in turn: both processes stay alive, so that both meet the same machine. */
import { type findPeer, type Opponent, startFgkd, startPeer } from "./opponent.js";
import { median, type ProfileRow } from "./profile.js";
import type { Single } from "./singles.js";
import type { Workload } from "./workloads.js";

interface Measured {
  /** Of a step: the median over the turns. */
  readonly seconds: number;
  /** Of all processors, in a step: the median over the turns. */
  readonly processor: number;
  /** Peak resident memory. */
  readonly bytes: number;
  /** Seconds a step, turn by turn. */
  readonly turns: readonly number[];
}

export interface Result {
  readonly workload: string;
  readonly target?: number;
  readonly stepsATurn: number;
  readonly fgkd: Measured;
  /** Absent where PyTorch is. */
  readonly peer?: Measured;
  /** fgkd's time over the peer's, pair by pair. */
  readonly ratio?: { readonly median: number; readonly least: number; readonly most: number };
  /** Of a step of fgkd's, by definition of its convolutions and matrix products. */
  readonly operations: number;
  readonly profile?: readonly ProfileRow[];
}

export interface Rules {
  readonly engine: string;
  readonly threads: number;
  readonly pairs: number;
  /** A turn has as many steps as fit into so many seconds, at least one. */
  readonly turnSeconds: number;
  readonly profile: boolean;
}

export type Peer = ReturnType<typeof findPeer>;

export async function contest(workload: Workload, rules: Rules, peer: Peer): Promise<Result> {
  const ours = await startFgkd(rules.engine, workload.name, rules.threads);
  const theirs = peer.workloads.includes(workload.name) ? await startPeer(workload.name, rules.threads) : undefined;
  const longest = Math.max(ours.seconds, theirs?.seconds ?? 0);
  const stepsATurn = Math.max(1, Math.round(rules.turnSeconds / longest));
  const [a, b]: [Turn[], Turn[]] = [[], []];
  for (let pair = 0; pair < rules.pairs; pair++) {
    a.push(await turn(ours, stepsATurn));
    if (theirs) b.push(await turn(theirs, stepsATurn));
  }
  const fgkd = await measured(ours, a);
  const result: Result = {
    workload: workload.name,
    ...(workload.target && { target: workload.target }),
    stepsATurn,
    fgkd,
    ...(theirs && { peer: await measured(theirs, b), ratio: ratios(a, b) }),
    operations: (await ours.ask({ command: "operations" })).operations ?? 0,
    ...(rules.profile && { profile: (await ours.ask({ command: "profile", steps: rules.pairs })).profile ?? [] }),
  };
  ours.quit();
  theirs?.quit();
  return result;
}

export interface Alone {
  /** The engine, as it describes itself. */
  readonly name: string;
  /** The best rate that convolutions reach on this machine, in operations a second. */
  readonly rate: number;
  readonly singles: readonly Single[];
}

/** What needs no workload and no peer. */
export async function alone({ engine, threads }: Rules, withSingles: boolean): Promise<Alone> {
  const process = await startFgkd(engine, "", threads);
  const { rate = Number.NaN } = await process.ask({ command: "peak" });
  const { singles = [] } = withSingles ? await process.ask({ command: "singles" }) : {};
  process.quit();
  return { name: process.name, rate, singles };
}

interface Turn {
  readonly seconds: number;
  readonly processor: number;
}

async function turn(opponent: Opponent, steps: number): Promise<Turn> {
  const { seconds = Number.NaN, processor = Number.NaN } = await opponent.ask({ command: "steps", steps });
  return { seconds: seconds / steps, processor: processor / steps };
}

async function measured(opponent: Opponent, turns: readonly Turn[]): Promise<Measured> {
  const { bytes = Number.NaN } = await opponent.ask({ command: "memory" });
  const seconds = turns.map((each) => each.seconds);
  return { seconds: median(seconds), processor: median(turns.map((each) => each.processor)), bytes, turns: seconds };
}

function ratios(a: readonly Turn[], b: readonly Turn[]): NonNullable<Result["ratio"]> {
  const each = a.map(({ seconds }, pair) => seconds / (b[pair]?.seconds ?? Number.NaN));
  return { median: median(each), least: Math.min(...each), most: Math.max(...each) };
}
