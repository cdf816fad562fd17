import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runProgram } from "../../../../core/cli/program.js";
import type { startChild } from "../../../../core/cli/sweep/child.js";
import { definePreset, type Sweep } from "../../../../core/index.js";
import { thisProcess } from "../../../../core/store/process-identity.js";
import { toyTable } from "../toy-table.js";
import { createWorld, toyPreset, type World, type WorldOptions } from "../world.js";

const sweep: Sweep = {
  run: { preset: "toy", epochs: 1, teacher: "big" },
  shared: { big: { "stages.student.enabled": false } },
  grid: { "optimizer.learningRate": [0.1, 0.01] },
  seeds: [0, 1],
};
/** With one seed: a teacher, and two that learn from it. */
const small: Sweep = { ...sweep, seeds: [0] };
const big = ["big,seed=0", "big,seed=1"];
const own = [
  "learningRate=0.1,seed=0",
  "learningRate=0.01,seed=0",
  "learningRate=0.1,seed=1",
  "learningRate=0.01,seed=1",
];

/** With the sweep in `sweep.json`, and children that are this process, one after the other. */
async function worldOf(said: object = sweep, options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  writeFileSync(join(world.cwd, "sweep.json"), JSON.stringify(said));
  let before: Promise<unknown> = Promise.resolve();
  const child: typeof startChild = (words, { cwd, log }) => {
    writeFileSync(log, "");
    const ended = before.then(() => runProgram(words, { ...world.environment, cwd }));
    before = ended;
    // The signal of the world has reached it already.
    return { ended, stop: () => {} };
  };
  Object.assign(world.environment, { startChild: child });
  return world;
}

const resultOf = (world: World, run: string) => join(world.cwd, "runs/sweep", run, "result.json");
const ended = (world: World) => [...big, ...own].filter((run) => existsSync(resultOf(world, run)));

describe("fgkd sweep", () => {
  test("lists its tasks, and what they learn from", async () => {
    const world = await worldOf();
    expect(await world.fgkd("sweep sweep.json"), world.err).toBe(0);
    expect(world.out).toMatch(/2 +learningRate=0.1,seed=0 +big,seed=0\n/);
    expect(world.out).toContain("6 tasks of sweep.json, in runs/sweep");
    expect(existsSync(join(world.cwd, "runs"))).toBe(false);
  });

  test("says which setting is wrong before anything is run", async () => {
    const world = await worldOf({ ...sweep, grid: { "optimizer.learningRat": [1] } });
    expect(await world.fgkd("sweep sweep.json --local 1")).toBe(1);
    expect(world.err).toContain("learningRat");
    const other = await worldOf({ run: { preset: "toy", scale: "large" } });
    expect(await other.fgkd("sweep sweep.json")).toBe(1);
    expect(other.err).toMatch(/sweep.json: scale: .*option of fgkd train/s);
  });

  test("runs one task by its number, its teacher before it, and neither a second time", async () => {
    const world = await worldOf();
    expect(await world.fgkd("sweep sweep.json --task 3"), world.err).toBe(0);
    expect(ended(world)).toEqual([big[0], own[1]]);
    const before = statSync(resultOf(world, big[0] as string)).mtimeMs;
    expect(await world.fgkd("sweep sweep.json --task 3")).toBe(0);
    expect(world.out).toContain("has ended before");
    expect(await world.fgkd("sweep sweep.json --task 2")).toBe(0);
    expect(statSync(resultOf(world, big[0] as string)).mtimeMs).toBe(before);
  });

  test.each(["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"])("takes its number from %s", async (name) => {
    const world = await worldOf(sweep, { variables: { [name]: "1" } });
    expect(await world.fgkd("sweep sweep.json"), world.err).toBe(0);
    expect(ended(world)).toEqual([big[1]]);
    expect(await world.fgkd("sweep sweep.json --task 6")).toBe(1);
    expect(world.err).toMatch(/no task 6. Its tasks are 0 to 5/);
  });

  test("means everything from the folder of its file, wherever a task is started", async () => {
    const world = await worldOf();
    const elsewhere = { ...world.environment, cwd: "/" };
    expect(await runProgram(["sweep", join(world.cwd, "sweep.json"), "--task", "0"], elsewhere)).toBe(0);
    expect(ended(world)).toEqual([big[0]]);
  });

  test("runs all here, passes over what has ended, and tells what failed", async () => {
    const world = await worldOf(small);
    expect(await world.fgkd("sweep sweep.json --task 0")).toBe(0);
    mkdirSync(join(world.cwd, "runs/sweep"), { recursive: true });
    // A file where a run's folder would be.
    writeFileSync(join(world.cwd, "runs/sweep", own[1] as string), "");
    expect(await world.fgkd("sweep sweep.json --local 2")).not.toBe(0);
    expect(world.out).toContain("3 tasks, of which 1 have ended");
    expect(world.out).toMatch(/Task 2, learningRate=0.01,seed=0: failed \(\d+\) after .*\n +FGKD_/);
    expect(ended(world)).toEqual([big[0], own[0]]);
    expect(await world.fgkd("sweep status sweep.json")).toBe(0);
    expect(world.out).toMatch(/learningRate=0.01,seed=0 +failed/);
    expect(world.out).toContain("3 tasks in runs/sweep: 2 ended, 1 failed.");
    rmSync(join(world.cwd, "runs/sweep", own[1] as string));
    expect(await world.fgkd("sweep sweep.json --local 2")).toBe(0);
    expect(ended(world)).toHaveLength(3);
  });

  test("ends at a signal with its tasks' checkpoints, and goes on with the next call", async () => {
    const world = await worldOf(small, { onLook: (look, one) => look === 5 && one.pressCtrlC() });
    expect(await world.fgkd("sweep sweep.json --local 1")).toBe(130);
    expect(ended(world)).toEqual([]);
    expect(await world.fgkd("sweep status sweep.json")).toBe(0);
    expect(world.out).toMatch(/1 stopped, 2 to begin/);
    expect(await world.fgkd("sweep sweep.json --local 1")).toBe(0);
    expect(ended(world)).toHaveLength(3);
  });

  test("tries two steps of every task with --dry-run, and keeps nothing", async () => {
    const world = await worldOf(small);
    expect(await world.fgkd("sweep sweep.json --dry-run"), world.err).toBe(0);
    expect(world.out.match(/Dry run on cpu/g)).toHaveLength(3);
    expect(existsSync(join(world.cwd, "runs"))).toBe(false);
  });

  test("writes an array for Slurm of what has not ended, with lines of one's own, and says how to send it", async () => {
    const world = await worldOf({ ...sweep, cluster: { cpus: 2, atOnce: 2 } });
    expect(await world.fgkd("sweep sweep.json --task 3")).toBe(0);
    writeFileSync(join(world.cwd, "cluster.sh"), "module load nodejs\n");
    expect(await world.fgkd("sweep sweep.json --submit slurm --preamble cluster.sh"), world.err).toBe(0);
    expect(world.out).toContain("before=$(sbatch --parsable --array=1-2%2 runs/sweep/sweep.sbatch)");
    expect(world.out).toContain("sbatch --dependency=afterany:$before --array=4-5%2 runs/sweep/sweep.sbatch");
    const script = readFileSync(join(world.cwd, "runs/sweep/sweep.sbatch"), "utf8");
    expect(script).toContain(`sweep ${join(world.cwd, "sweep.json")} --task "$SLURM_ARRAY_TASK_ID"`);
    expect(script).toContain("module load nodejs\n");
    expect(existsSync(join(world.cwd, "runs/sweep/logs"))).toBe(true);
  });

  test("writes the manifest of a job for Kubernetes, where the file says image and claim", async () => {
    const world = await worldOf();
    expect(await world.fgkd("sweep sweep.json --submit kubernetes")).toBe(1);
    expect(world.err).toMatch(/image.*cluster: \{ kubernetes/s);
    const kubernetes = { image: "fgkd:1", claim: "work" };
    writeFileSync(join(world.cwd, "sweep.json"), JSON.stringify({ ...sweep, cluster: { kubernetes } }));
    expect(await world.fgkd("sweep sweep.json --submit kubernetes")).toBe(0);
    expect(world.out).toContain("kubectl apply -f runs/sweep/sweep.job.json");
    const { kind, spec } = JSON.parse(readFileSync(join(world.cwd, "runs/sweep/sweep.job.json"), "utf8"));
    expect([kind, spec.completions]).toEqual(["Job", 6]);
  });
});

describe("a task that another process has in hand", () => {
  const lockOf = (world: World, run: string) => join(world.cwd, "runs/sweep", run, "lock");
  /** As a process on another machine holds it. */
  const hold = (world: World, run: string) => {
    mkdirSync(join(world.cwd, "runs/sweep", run), { recursive: true });
    writeFileSync(lockOf(world, run), JSON.stringify({ pid: 1, host: "node7", token: "theirs" }));
  };

  test("is left to it as soon as that gives a sign of life", async () => {
    const world = await worldOf();
    hold(world, "big,seed=0");
    const sign = setTimeout(
      () => utimesSync(lockOf(world, "big,seed=0"), new Date(), new Date(Date.now() + 1000)),
      500,
    );
    expect(await world.fgkd("sweep sweep.json --task 0")).toBe(75);
    clearTimeout(sign);
    expect(world.out).toContain("process 1 on node7 had this task");
    expect(world.err).toMatch(/FGKD_RUN_LOCKED.*node7/);
    expect(await world.fgkd("sweep status sweep.json")).toBe(0);
    expect(world.out).toMatch(/big,seed=0 +runs .*process 1 on node7/);
  });

  test("is taken over from one that has given none for two minutes", async () => {
    // A clock whose looks are a minute apart, so that nobody waits.
    const world = await worldOf(sweep);
    let minutes = 0;
    Object.assign(world.environment, { now: () => 60_000 * minutes++ });
    hold(world, "big,seed=0");
    const old = new Date(Date.now() - 600_000);
    utimesSync(lockOf(world, "big,seed=0"), old, old);
    expect(await world.fgkd("sweep sweep.json --task 0"), world.err).toBe(0);
    expect(ended(world)).toEqual(["big,seed=0"]);
  });

  test("is waited for by those that learn from it, until it has ended", async () => {
    const world = await worldOf();
    expect(await world.fgkd("sweep sweep.json --task 0")).toBe(0);
    const result = resultOf(world, "big,seed=0");
    const text = readFileSync(result, "utf8");
    rmSync(result);
    // A process that is seen to live: this one.
    writeFileSync(lockOf(world, "big,seed=0"), JSON.stringify({ ...thisProcess(), token: "another" }));
    const end = setTimeout(() => {
      writeFileSync(result, text);
      rmSync(lockOf(world, "big,seed=0"));
    }, 1500);
    expect(await world.fgkd("sweep sweep.json --task 2"), world.err).toBe(0);
    clearTimeout(end);
    expect(world.out).toContain("Waiting for runs/sweep/big,seed=0, of which this task learns.");
    expect(ended(world)).toEqual(["big,seed=0", own[0]]);
  });

  test("has failed, and takes nobody's time, until it is run by itself", async () => {
    const world = await worldOf();
    mkdirSync(join(world.cwd, "runs/sweep"), { recursive: true });
    writeFileSync(join(world.cwd, "runs/sweep/big,seed=0"), "");
    expect(await world.fgkd("sweep sweep.json --task 0")).not.toBe(0);
    rmSync(join(world.cwd, "runs/sweep/big,seed=0"));
    expect(await world.fgkd("sweep sweep.json --task 2")).toBe(1);
    expect(world.err).toMatch(/has failed.*by itself with --task 0/s);
    expect(await world.fgkd("sweep sweep.json --task 0")).toBe(0);
    expect(await world.fgkd("sweep sweep.json --task 2")).toBe(0);
  });
});

describe("fgkd sweep collect", () => {
  test("tells means and deviations over seeds, each task as CSV, and everything as JSON", async () => {
    const world = await worldOf({ ...sweep, shared: undefined, run: { preset: "toy", epochs: 1 } });
    expect(await world.fgkd("sweep sweep.json --local 1")).toBe(0);
    const from = world.out.length;
    expect(await world.fgkd("sweep collect sweep.json")).toBe(0);
    expect(world.out.slice(from)).toMatch(
      /learningRate +teacher +student +seeds\n0.1 +\d+\.\d ± \d+\.\d +\d+\.\d ± \d+\.\d +2\n/,
    );
    const csv = world.out.length;
    expect(await world.fgkd("sweep collect sweep.json --format csv")).toBe(0);
    const [head, ...lines] = world.out.slice(csv).trim().split("\n");
    expect(head).toBe(
      "task,run,optimizer.learningRate,seed,teacher.accuracy,teacher.best,student.accuracy,student.best",
    );
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^0,"learningRate=0.1,seed=0",0.1,0,\d/);
    const json = world.out.length;
    expect(await world.fgkd("sweep collect sweep.json --format json")).toBe(0);
    const { tasks, groups } = JSON.parse(world.out.slice(json));
    expect(tasks).toHaveLength(4);
    expect(groups[0].varies).toEqual({ "optimizer.learningRate": 0.1 });
    const accuracies = tasks
      .slice(0, 4)
      .filter((one: { varies: object }) => JSON.stringify(one.varies).includes("0.1}"));
    const mean =
      accuracies.reduce(
        (sum: number, one: { metrics: Record<string, number> }) => sum + (one.metrics["student.accuracy"] ?? 0),
        0,
      ) / 2;
    expect(groups[0].metrics["student.accuracy"].mean).toBeCloseTo(mean, 10);
  });

  test("leaves out what has not ended, and runs of other settings, and says so", async () => {
    const world = await worldOf();
    expect(await world.fgkd("sweep sweep.json --task 2")).toBe(0);
    expect(await world.fgkd("sweep collect sweep.json")).toBe(0);
    expect(world.err).toContain("4 of 6 tasks have not ended");
    writeFileSync(join(world.cwd, "sweep.json"), JSON.stringify({ ...sweep, run: { ...sweep.run, batchSize: 2 } }));
    expect(await world.fgkd("sweep collect sweep.json --format csv")).toBe(0);
    expect(world.err).toContain("6 of 6 tasks have not ended, or hold runs of other settings (2)");
    expect(await world.fgkd("sweep sweep.json --task 0")).toBe(1);
    expect(world.err).toMatch(/holds a run of other settings or data.*another folder with out/s);
  });
});

describe("a table of a publication as a sweep", () => {
  const presets = [definePreset({ ...toyPreset, tables: [toyTable] })];
  const published: Sweep = { reproduce: { preset: "toy", table: "table1" }, seeds: [0] };

  test("has its runs as tasks, in the folders in which fgkd reproduce finds them, and tells its verdicts", async () => {
    const world = await worldOf(published, { presets });
    expect(await world.fgkd("sweep sweep.json --local 1"), world.err).toBe(0);
    const of = (run: string) => join(world.cwd, "runs/toy-table1-demo", run, "result.json");
    const runs = ["alone-0", "teacher-0", "taught-0"];
    expect(runs.filter((run) => existsSync(of(run)))).toEqual(runs);
    const before = runs.map((run) => statSync(of(run)).mtimeMs);
    expect(await world.fgkd("sweep collect sweep.json")).toBe(0);
    expect(world.out).toMatch(/student, taught\s+60\.0 %\s+\d+\.\d %/);
    expect(await world.fgkd("reproduce toy table1")).toBe(0);
    expect(runs.map((run) => statSync(of(run)).mtimeMs)).toEqual(before);
  });
});
