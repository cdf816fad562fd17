import { describe, expect, test } from "vitest";
import { checkSweep, expandSweep, type Sweep } from "../../../core/index.js";

const expand = (sweep: Sweep) => expandSweep(checkSweep(sweep, "s.yaml"), "s.yaml");
const namesOf = (sweep: Sweep) => expand(sweep).map(({ name }) => name);

describe("a sweep", () => {
  test("is every combination of its grid with every entry of its list, for each seed", () => {
    const tasks = expand({
      run: { preset: "kd" },
      grid: { "optimizer.learningRate": [0.1, 0.01] },
      list: [{ epochs: 1 }, { epochs: 2, "optimizer.momentum": 0 }],
      seeds: [3, 4],
    });
    expect(tasks).toHaveLength(8);
    expect(tasks.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(tasks[0]).toMatchObject({ options: { preset: "kd", epochs: 1, seed: 3 }, seed: 3 });
    expect(tasks[7]?.settings).toEqual({ "optimizer.learningRate": 0.01, "optimizer.momentum": 0 });
    // Everything is tried once before anything is tried twice.
    expect(tasks.map(({ seed }) => seed)).toEqual([3, 3, 3, 3, 4, 4, 4, 4]);
  });

  test("is one task without anything that varies", () => {
    expect(namesOf({ run: { preset: "kd" } })).toEqual(["run"]);
  });

  test("has equal tasks once", () => {
    expect(expand({ list: [{ epochs: 1 }, { epochs: 1 }] })).toHaveLength(1);
    expect(
      expand({
        list: [
          { epochs: 1, count: 2 },
          { count: 2, epochs: 1 },
        ],
      }),
    ).toHaveLength(1);
  });

  test("has options of fgkd train as such, and everything else as settings", () => {
    const [task] = expand({ run: { data: "photos", "input.crop": 32 } });
    expect(task).toMatchObject({ options: { data: "photos" }, settings: { "input.crop": 32 } });
    const [other] = expand({ run: { data: { name: "birds" } } });
    expect(other).toMatchObject({ options: {}, settings: { data: { name: "birds" } } });
  });

  test("refuses what is more than anybody could run, before it makes it", () => {
    const values = Array.from({ length: 100 }, (_, value) => value);
    expect(() => expand({ grid: { a: values, b: values, c: values, d: values } })).toThrow("100000000 tasks");
  });
});

describe("the names of tasks", () => {
  test("say what varies, and nothing else", () => {
    const sweep = { run: { preset: "kd" }, grid: { "optimizer.learningRate": [0.1, 0.01] }, seeds: [0] };
    expect(namesOf(sweep)).toEqual(["learningRate=0.1,seed=0", "learningRate=0.01,seed=0"]);
  });

  test("have as much of a path as tells it from the others", () => {
    const names = namesOf({
      grid: { "stages.teacher.epochs": [1, 2], "stages.student.epochs": [3, 4], "optimizer.momentum": [0, 1] },
    });
    expect(names[0]).toBe("teacher.epochs=1,student.epochs=3,momentum=0");
  });

  test("can be folders, whatever the values are", () => {
    const names = namesOf({ grid: { data: ["../photos of birds", "/a/b=c"], augmenters: [[], [{ name: "mixup" }]] } });
    for (const name of names) expect(name).toMatch(/^[\w.,=+-]+$/);
    expect(new Set(names).size).toBe(4);
  });

  test("are told apart by a mark that does not depend on their order where they come out equal", () => {
    const [one, two] = namesOf({ grid: { data: ["a/b", "a?b"] } });
    const turned = namesOf({ grid: { data: ["a?b", "a/b"] } });
    expect(one).not.toBe(two);
    expect([...turned].reverse()).toEqual([one, two]);
    const long = namesOf({
      list: [1, 2].map((value) =>
        Object.fromEntries("abcdefghijklmnop".split("").map((key) => [`a-setting-${key}`, value])),
      ),
    });
    expect(Math.max(...long.map(({ length }) => length))).toBeLessThanOrEqual(120);
    expect(long[0]).not.toBe(long[1]);
  });

  test("differ where capitals do not count", () => {
    const [one, two] = namesOf({ grid: { data: ["Birds", "birds"] } });
    expect(one?.toLowerCase()).not.toBe(two?.toLowerCase());
  });
});

describe("what several tasks learn from", () => {
  const shared = { big: { "stages.student.enabled": false } };

  test("is a task of its own for each seed, before the others", () => {
    const tasks = expand({ run: { preset: "kd", teacher: "big" }, shared, grid: { epochs: [1, 2] }, seeds: [0, 1] });
    expect(tasks.map(({ name, teacher }) => [name, teacher])).toEqual([
      ["big,seed=0", undefined],
      ["big,seed=1", undefined],
      ["epochs=1,seed=0", "big,seed=0"],
      ["epochs=2,seed=0", "big,seed=0"],
      ["epochs=1,seed=1", "big,seed=1"],
      ["epochs=2,seed=1", "big,seed=1"],
    ]);
    expect(tasks[0]).toMatchObject({ isShared: true, options: { preset: "kd", seed: 0 } });
    expect(tasks[0]?.options).not.toHaveProperty("teacher");
    expect(tasks[0]?.options).not.toHaveProperty("epochs");
  });

  test("is one for all seeds where it names its own", () => {
    const tasks = expand({ run: { teacher: "big" }, shared: { big: { seed: 7 } }, seeds: [0, 1] });
    expect(tasks.map(({ name }) => name)).toEqual(["big,seed=7", "seed=0", "seed=1"]);
  });

  test("can itself vary, and learn from another", () => {
    const tasks = expand({
      shared: { big: { teacher: "huge", epochs: 3 }, huge: { epochs: 9 } },
      grid: { teacher: ["big", "huge"] },
    });
    expect(tasks.map(({ name, teacher }) => [name, teacher])).toEqual([
      ["huge", undefined],
      ["big", "huge"],
      ["teacher=big", "big"],
      ["teacher=huge", "huge"],
    ]);
  });

  test("may be a file as well", () => {
    const [task] = expand({ run: { teacher: "./teacher.safetensors" }, shared });
    expect(task).toMatchObject({ options: { teacher: "./teacher.safetensors" } });
    expect(task).not.toHaveProperty("teacher");
  });

  test("is refused under a name that is not shared, and where it learns from itself", () => {
    expect(() => expand({ run: { teacher: "bigg" }, shared })).toThrow(/"bigg".*Did you mean "big"/s);
    const circle = { one: { teacher: "two" }, two: { teacher: "one" } };
    expect(() => expand({ run: { teacher: "one" }, shared: circle })).toThrow("shared.one learns from itself");
  });
});

describe("the file of a sweep", () => {
  test.each([
    [{ grid: { epochs: [] } }, "grid.epochs: must have at least one value"],
    [{ girds: {} }, "girds"],
    [{ seeds: [0.5] }, "seeds.0"],
    [{ cluster: { gpus: 0 } }, "cluster.gpus"],
    [{ cluster: { slurm: { "mail type": "END" } } }, "is no option of sbatch"],
    [{ name: "a/b" }, "name: must be letters"],
    [{ reproduce: { preset: "dadkd", table: "table5" }, grid: {} }, "grid stands beside reproduce"],
    [{ seeds: [0], grid: { seed: [1] } }, "seed stands beside seeds"],
  ])("is refused as %j", (value, message) => {
    expect(() => checkSweep(value, "s.yaml")).toThrow(message);
    expect(() => checkSweep(value, "s.yaml")).toThrow("s.yaml");
  });
});
