import { describe, expect, test } from "vitest";
import { alternate, type StepReport, type Steps, sequence } from "../../../core/index.js";

function stage(name: string, steps: number, closed: string[] = []): Steps {
  return (async function* () {
    try {
      for (let taken = 0; taken < steps; taken++) yield { stage: name } as StepReport;
    } finally {
      closed.push(name);
    }
  })();
}

async function order(steps: Steps): Promise<string> {
  let names = "";
  for await (const report of steps) names += report.stage;
  return names;
}

describe("schedules", () => {
  test("sequence runs one stage after the other", async () => {
    expect(await order(sequence(stage("a", 2), stage("b", 3)))).toBe("aabbb");
  });

  test("alternate takes turns of the given lengths and ends with the first stage that ends", async () => {
    expect(await order(alternate([stage("a", 3), 1], [stage("b", 9), 2]))).toBe("abbabbabb");
  });

  test("alternate closes every stage, also those that had steps left", async () => {
    const closed: string[] = [];
    await order(alternate([stage("a", 1, closed), 1], [stage("b", 9, closed), 1]));
    expect(closed.sort()).toEqual(["a", "b"]);
  });

  test("a schedule that is left early closes the stage it is in", async () => {
    const closed: string[] = [];
    for await (const _ of sequence(stage("a", 5, closed), stage("b", 5, closed))) break;
    expect(closed).toEqual(["a"]);
  });
});
