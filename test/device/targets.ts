/** What is asked of the engine on a GPU, and what a run of the script answers. */
import type { Row } from "./contest.js";

/** Most that a step may take relative to PyTorch's, of the same batch on the same card: f32 by fp32, f16 by TF32. */
interface Target {
  readonly f32: number;
  readonly f16: number;
}

export const targets: Readonly<Record<string, Target>> = {
  "resnet18 16x128": { f32: 1, f16: 1 },
  "resnet50 16x128": { f32: 1.1, f16: 1.2 },
  "resnet50 16x448": { f32: 1, f16: 1.3 },
  "deit_base 16x384": { f32: 1.1, f16: 1.3 },
  "convnext_base 16x384": { f32: 1.1, f16: 1.3 },
  "dadkd resnet50 16x448-128": { f32: 0.9, f16: 1.2 },
};

/** Most memory relative to PyTorch's, of every workload. */
const memoryTarget = 1.2;

const peerOf = { f32: "fp32", f16: "tf32" } as const;

/** One cell of the table. */
export interface Cell {
  readonly workload: string;
  readonly cell: string;
  readonly target: number;
  /** `null` where it was not measured. */
  readonly ratio: number | null;
  readonly isMet: boolean | null;
}

/** Every cell, whether it was measured or not. */
export function cellsOf(rows: readonly Row[]): readonly Cell[] {
  const judged = (workload: string, cell: string, target: number, ratio: number | undefined): Cell => ({
    ...{ workload, cell, target },
    ratio: ratio ?? null,
    isMet: ratio === undefined ? null : ratio <= target,
  });
  return Object.entries(targets).flatMap(([workload, target]) => {
    const of = (precision: "f32" | "f16") => {
      const row = rows.find((one) => one.workload === workload && one.precision === precision);
      return { row, peer: row?.peers[peerOf[precision]] };
    };
    const times = (["f32", "f16"] as const).map((precision) =>
      judged(workload, `${precision} ÷ ${peerOf[precision]}`, target[precision], of(precision).peer?.ratio),
    );
    const { row, peer } = of("f32");
    const memory = row?.bytes && peer?.bytes ? row.bytes / peer.bytes : undefined;
    return [...times, judged(workload, "memory", memoryTarget, memory)];
  });
}
