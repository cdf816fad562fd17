/** fgkd against PyTorch on the same card, in turn, within a bound of time. */
import { fileURLToPath } from "node:url";
import { type Opponent, start } from "./opponents.js";
import { workloads } from "./workloads.js";

/** Which precisions of PyTorch's a precision of ours is set beside. */
const pairs = { f32: ["fp32", "tf32"], f16: ["tf32", "bf16"] } as const;

export interface Row {
  readonly workload: string;
  readonly precision: string;
  /** Seconds of a step. */
  readonly fgkd?: number;
  /** Of a step in PyTorch, by its precision, and what fgkd takes relative to it. */
  readonly peers: Readonly<
    Record<string, { readonly seconds?: number; readonly ratio?: number; readonly problem?: string }>
  >;
  /** Bytes on the card. */
  readonly memory?: { readonly fgkd: number; readonly peer?: number };
  readonly about?: string;
  readonly problem?: string;
}

const turns = 3;
const patience = Number(process.env.PATIENCE ?? 90);

/** @param secondsLeft of the whole; a row that would begin after it is not begun, and says so */
export async function contest(peerScript: string, secondsLeft: () => number, keep: (row: Row) => void): Promise<void> {
  for (const precision of ["f32", "f16"] as const)
    for (const workload of Object.keys(workloads)) {
      if (secondsLeft() <= 10) keep({ workload, precision, peers: {}, problem: "no time was left" });
      else keep(await row(workload, precision, peerScript, Math.min(patience, secondsLeft())));
    }
}

async function row(workload: string, precision: keyof typeof pairs, peerScript: string, longest: number): Promise<Row> {
  const peers: Record<string, { seconds?: number; ratio?: number; problem?: string }> = {};
  let own: Opponent | undefined;
  let memory: Row["memory"];
  const times: number[] = [];
  try {
    own = await start(process.execPath, [fileURLToPath(import.meta.url), "steps", workload, precision], longest);
    for (const mode of pairs[precision]) {
      const peer = await start("python3", [peerScript, workload, mode], longest).catch((cause: Error) => cause);
      if (peer instanceof Error) {
        peers[mode] = { problem: peer.message };
        times.push(...(await secondsOf(own)));
        continue;
      }
      const [ours, theirs]: [number[], number[]] = [[], []];
      for (let turn = 0; turn < turns; turn++) {
        ours.push(...(await secondsOf(own)));
        theirs.push(...(await secondsOf(peer)));
      }
      peers[mode] = { seconds: median(theirs), ratio: median(ours) / median(theirs) };
      times.push(...ours);
      memory = {
        fgkd: (await own.ask({ memory: true })).bytes ?? 0,
        peer: (await peer.ask({ memory: true })).bytes ?? 0,
      };
      peer.end();
    }
    memory ??= { fgkd: (await own.ask({ memory: true })).bytes ?? 0 };
    return { workload, precision, fgkd: median(times), peers, memory, about: own.about };
  } catch (cause) {
    return { workload, precision, peers, problem: (cause as Error).message };
  } finally {
    own?.end();
  }
}

async function secondsOf(opponent: Opponent): Promise<readonly number[]> {
  return (await opponent.ask({ steps: process.env.TINY ? 1 : 5 })).seconds ?? [];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
