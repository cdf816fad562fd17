import { describe, expect, test } from "vitest";
import { expandSweep, groupBySeed, metricsOf, type ReportedStage } from "../../../core/index.js";

const tasks = expandSweep(
  { run: { teacher: "big" }, shared: { big: {} }, grid: { epochs: [1, 2] }, seeds: [0, 1, 2] },
  "",
);
const results = tasks.map((task) => ({
  task,
  run: task.name,
  metrics: { "student.accuracy": 50 + 10 * (task.seed ?? 0) },
}));

describe("results over seeds", () => {
  test("are a group for each setting, with mean and deviation of a sample; what is shared is no result", () => {
    const groups = groupBySeed(results);
    expect(groups.map(({ varies }) => varies)).toEqual([{ epochs: 1 }, { epochs: 2 }]);
    expect(groups[0]?.seeds).toEqual([0, 1, 2]);
    expect(groups[0]?.metrics["student.accuracy"]).toEqual({ mean: 60, deviation: 10, least: 50, most: 70, seeds: 3 });
  });

  test("have no deviation of one seed", () => {
    const [group] = groupBySeed(results.filter(({ task }) => task.name === "epochs=1,seed=0"));
    expect(group?.metrics["student.accuracy"]).toMatchObject({ mean: 50, deviation: null, seeds: 1 });
  });
});

test("measures have the names of their stages, and what was not measured has none", () => {
  const stage = { stage: "student", title: "s", role: "student", epochs: 1, meanOf: 1, exported: "last" } as const;
  const measured = { "ensemble/x": 2, lost: null };
  const stages: readonly ReportedStage[] = [
    { ...stage, accuracy: 50, best: null, test: { accuracy: 40 }, measured },
    { ...stage, stage: "teacher", accuracy: null, best: null, measured: {} },
  ];
  expect(metricsOf(stages)).toEqual({ "student.accuracy": 50, "student.test": 40, "student.ensemble/x": 2 });
});
