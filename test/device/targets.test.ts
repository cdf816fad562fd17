import { describe, expect, test } from "vitest";
import { cellsOf, targets } from "./targets.js";
import { workloads } from "./workloads.js";

describe("the table of a GPU's figures", () => {
  test("has a target for every workload that is measured", () => {
    expect(Object.keys(targets)).toEqual(Object.keys(workloads));
  });

  test("answers what was measured, and leaves nothing out that was not", () => {
    const workload = "resnet50 16x448";
    const fp32 = { seconds: 0.08, ratio: 0.95, bytes: 1000 };
    const cells = cellsOf([
      { workload, precision: "f32", fgkd: 0.076, bytes: 1300, peers: { fp32, tf32: { problem: "none" } } },
      { workload, precision: "f16", fgkd: 0.05, bytes: 1, peers: { tf32: { ratio: 1.5 } } },
    ]);
    expect(cells).toHaveLength(18);
    expect(cells.filter((cell) => cell.workload === workload)).toEqual([
      { workload, cell: "f32 ÷ fp32", target: 1, ratio: 0.95, isMet: true },
      { workload, cell: "f16 ÷ tf32", target: 1.3, ratio: 1.5, isMet: false },
      { workload, cell: "memory", target: 1.2, ratio: 1.3, isMet: false },
    ]);
    expect(cells.filter(({ isMet }) => isMet === null)).toHaveLength(15);
  });
});
