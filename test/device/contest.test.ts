import { describe, expect, test } from "vitest";
import { contest, type Row, type Sides } from "./contest.js";
import type { Answer } from "./opponents.js";

/** Takes steps of so many seconds; whoever asks for steps after the `last` finds it lost. */
function opponent(seconds: number, last = Number.POSITIVE_INFINITY) {
  let asked = 0;
  const ask = async (command: { readonly steps?: number }): Promise<Answer> => {
    if (command.steps) asked += 1;
    if (asked > last) throw new Error("the device is lost");
    if (command.steps === undefined) return { bytes: 100 * seconds, ready: "again" };
    return { seconds: [seconds, seconds] };
  };
  return { first: { ready: `${seconds} a step` }, ask, end: () => {} };
}

const both: Sides = {
  peer: async () => opponent(2),
  own: async (_, precision) => opponent(precision === "f32" ? 3 : 1),
};

async function rowsOf(sides: Sides, secondsLeft: () => number, names: readonly string[] = ["one"]) {
  const rows: Row[] = [];
  await contest(sides, secondsLeft, (row) => rows.push(row), names);
  return rows;
}

describe("the comparison on a GPU", () => {
  test("sets each precision beside two of PyTorch's", async () => {
    const peer = { seconds: 2, bytes: 200 };
    expect(await rowsOf(both, () => 100)).toEqual([
      {
        ...{ workload: "one", precision: "f32", fgkd: 3, bytes: 300, about: "3 a step; 2 a step" },
        peers: { fp32: { ...peer, ratio: 1.5 }, tf32: { ...peer, ratio: 1.5 } },
      },
      {
        ...{ workload: "one", precision: "f16", fgkd: 1, bytes: 100, about: "1 a step; 2 a step" },
        peers: { tf32: { ...peer, ratio: 0.5 }, bf16: { ...peer, ratio: 0.5 } },
      },
    ]);
  });

  test("goes on where a precision, or PyTorch, does not start, and says why", async () => {
    const own: Sides["own"] = async (name, precision, left) => {
      if (precision === "f16") throw new Error("no matrix units");
      return both.own(name, precision, left);
    };
    const peer = () => Promise.reject(new Error("no module named torch"));
    const problem = "no module named torch";
    const [first, second, ...others] = await rowsOf({ own, peer }, () => 100, ["one", "two"]);
    expect(first).toMatchObject({ fgkd: 3, peers: { fp32: { problem }, tf32: { problem } } });
    expect(second).toEqual({ workload: "one", precision: "f16", peers: {}, problem: "no matrix units" });
    expect(others.map(({ workload }) => workload)).toEqual(["two", "two"]);
  });

  test("keeps what was measured before PyTorch was lost", async () => {
    const [row] = await rowsOf({ ...both, peer: async () => opponent(2, 4) }, () => 100);
    expect(row?.fgkd).toBe(3);
    expect(row?.peers.fp32).toEqual({ seconds: 2, ratio: 1.5, bytes: 200 });
    expect(row?.peers.tf32).toEqual({ seconds: 2, ratio: 1.5, problem: "the device is lost" });
  });

  test("keeps what was measured before fgkd was lost", async () => {
    const [row] = await rowsOf({ ...both, own: async () => opponent(3, 1) }, () => 100);
    expect(row).toMatchObject({ fgkd: 3, problem: "the device is lost" });
    expect(row?.peers.fp32).toEqual({ seconds: 2, ratio: 1.5, problem: "the device is lost" });
    expect(row?.peers.tf32).toEqual({ problem: "the device is lost" });
  });

  test("gives each workload its share of the time, and begins none without", async () => {
    let now = 0;
    const shares: number[] = [];
    const own: Sides["own"] = async (_, precision, left) => {
      if (precision === "f32") shares.push(left());
      return opponent(1);
    };
    // The first takes all that it may, and the others nothing.
    const peer: Sides["peer"] = async (_, left) => {
      now += shares.length > 0 ? 0 : left();
      return opponent(2);
    };
    const names = ["one", "two", "three", "four"];
    const rows = await rowsOf({ own, peer }, () => 160 - now, names);
    expect(shares).toHaveLength(4);
    expect(shares[0]).toBe(0);
    expect(shares[1]).toBeCloseTo((1.25 * 110) / 3, 6);
    expect(rows.every(({ problem }) => problem === undefined)).toBe(true);
    const late = await rowsOf(both, () => 9, names);
    expect(late).toHaveLength(8);
    expect(new Set(late.map(({ problem }) => problem))).toEqual(new Set(["no time was left"]));
  });
});
