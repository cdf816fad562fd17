import { describe, expect, test } from "vitest";
import { expandSweep, slurmCommands, slurmScript, stepsOf } from "../../../core/index.js";
import { indexRanges } from "../../../core/sweep/index-ranges.js";

const sending = {
  ...{ name: "rates", file: "/home/a b/rates.yaml", folder: "/home/a b", logs: "/home/a b/runs/rates/logs" },
  ...{ command: "node /opt/fgkd.js", cluster: {} },
};

describe("the script of an array", () => {
  test("names what each task may have, where it prints, and when it is warned", () => {
    const cluster = { cpus: 4, gpus: 1, memory: 16, time: "04:00:00", slurm: { partition: "gpu" } };
    const script = slurmScript({ ...sending, cluster });
    for (const option of [
      "cpus-per-task=4",
      "gres=gpu:1",
      "mem=16G",
      "time=04:00:00",
      "partition=gpu",
      "job-name=rates",
    ])
      expect(script).toContain(`#SBATCH --${option}\n`);
    expect(script).toContain('#SBATCH --output="/home/a b/runs/rates/logs/%a.log"\n');
    expect(script).toContain("#SBATCH --signal=B:USR1@120\n");
    expect(script).toContain("#SBATCH --requeue\n");
    expect(script).toContain("export OMP_NUM_THREADS=4\n");
    expect(script).toContain(`node /opt/fgkd.js sweep '/home/a b/rates.yaml' --task "$SLURM_ARRAY_TASK_ID" &`);
  });

  test("leaves to the cluster what the file does not say", () => {
    expect(slurmScript(sending)).not.toMatch(/cpus-per-task|gres|--mem|--time|partition|OMP_NUM_THREADS/);
  });

  test("lets the file say an option otherwise, and runs its lines before fgkd", () => {
    const cluster = { preamble: "module load nodejs\nexport A=1\n", slurm: { signal: "B:USR1@600" } };
    const script = slurmScript({ ...sending, cluster });
    expect(script).toContain("#SBATCH --signal=B:USR1@600\n");
    expect(script).not.toContain("USR1@120");
    expect(script.indexOf("module load nodejs\nexport A=1\n")).toBeLessThan(script.indexOf("node /opt/fgkd.js"));
  });
});

describe("the commands that send an array", () => {
  const tasks = expandSweep({ run: { teacher: "big" }, shared: { big: {} }, grid: { epochs: [1, 2, 3] } }, "s.yaml");

  test("send those that learn after those that teach, and no more at once than was said", () => {
    expect(slurmCommands("runs/s/s.sbatch", stepsOf(tasks), { atOnce: 2 })).toEqual([
      "before=$(sbatch --parsable --array=0%2 runs/s/s.sbatch)",
      "sbatch --dependency=afterany:$before --array=1-3%2 runs/s/s.sbatch",
    ]);
  });

  test("are one where nobody learns from anybody, or all teachers have ended", () => {
    expect(slurmCommands("a b.sbatch", stepsOf(tasks.slice(1)), {})).toEqual(["sbatch --array=1-3 'a b.sbatch'"]);
  });
});

test("numbers are written as ranges", () => {
  expect(indexRanges([0])).toBe("0");
  expect(indexRanges([9, 3, 1, 2, 7, 10])).toBe("1-3,7,9-10");
});
