/** A workload on fgkd and on PyTorch, in turn: the processes stay alive, so that all meet the same machine. */
import { type Opponent, type Peer, startFgkd } from "./opponent.js";
import { median, type ProfileRow } from "./profile.js";
import type { Single } from "./singles.js";
import type { BenchPrecision, Workload } from "./workloads.js";

interface Measured {
  /** Who: an engine, or a PyTorch. */
  readonly name: string;
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
  readonly precision: BenchPrecision;
  readonly target?: number;
  readonly stepsATurn: number;
  readonly fgkd: Measured;
  /** The faster PyTorch; absent where there is none. */
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

/** Of fgkd and every peer; compared is the one that took least time. */
export async function contest(workload: Workload, rules: Rules, peers: readonly Peer[]): Promise<Result> {
  const { name, precision } = workload;
  const ours = await startFgkd({ engine: rules.engine, precision, workload: name }, rules.threads);
  const theirs = await Promise.all(peers.map((peer) => peer.start(name, rules.threads)));
  const all = [ours, ...theirs];
  const stepsATurn = Math.max(1, Math.round(rules.turnSeconds / Math.max(...all.map(({ seconds }) => seconds))));
  const turns: Turn[][] = all.map(() => []);
  for (let pair = 0; pair < rules.pairs; pair++) {
    for (const [index, opponent] of all.entries()) turns[index]?.push(await turn(opponent, stepsATurn));
  }
  const [fgkd, ...measurements] = await Promise.all(all.map((each, index) => measured(each, turns[index] as Turn[])));
  const [fastest] = measurements.toSorted((a, b) => a.seconds - b.seconds);
  const result: Result = {
    workload: name,
    precision,
    ...(workload.target && { target: workload.target }),
    stepsATurn,
    fgkd: fgkd as Measured,
    ...(fastest && { peer: fastest, ratio: ratios((fgkd as Measured).turns, fastest.turns) }),
    operations: (await ours.ask({ command: "operations" })).operations ?? 0,
    ...(rules.profile && { profile: (await ours.ask({ command: "profile", steps: rules.pairs })).profile ?? [] }),
  };
  for (const opponent of all) opponent.quit();
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
export async function alone(
  { engine, threads }: Rules,
  precision: BenchPrecision,
  withSingles: boolean,
): Promise<Alone> {
  const process = await startFgkd({ engine, precision, workload: "" }, threads);
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
  return {
    name: opponent.name,
    seconds: median(seconds),
    processor: median(turns.map((each) => each.processor)),
    bytes,
    turns: seconds,
  };
}

function ratios(a: readonly number[], b: readonly number[]): NonNullable<Result["ratio"]> {
  const each = a.map((seconds, pair) => seconds / (b[pair] ?? Number.NaN));
  return { median: median(each), least: Math.min(...each), most: Math.max(...each) };
}
