/** Sweeps on a real Slurm: an array of eight, of which one is requeued and one warned while they run. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fgkd, hasCheckpoint, outcome, requireBuild } from "../../../kill/process.js";
import { isHere } from "../../../support/required.js";
import { lacksSlurm, type SlurmCluster, startSlurm, until } from "../../../support/slurm.js";
import { tinySweep } from "./tiny-sweep.js";

const lack = lacksSlurm();
/** Long enough that a task is met while it runs. */
const sweep = tinySweep(30);

describe.skipIf(!isHere("Slurm", lack))(`a sweep on Slurm (${lack ?? "two nodes on this machine"})`, () => {
  let cluster: SlurmCluster | undefined;
  const cwd = mkdtempSync(join(tmpdir(), "fgkd-sweep-"));
  const there = (...parts: string[]) => join(cwd, "runs/there", ...parts);
  const here = (name: string) => join(cwd, "runs/here", name);

  beforeAll(async () => {
    requireBuild();
    for (const out of ["there", "here"])
      writeFileSync(join(cwd, `${out}.json`), JSON.stringify({ ...sweep, out: `runs/${out}` }));
    cluster = await startSlurm();
  });
  afterAll(async () => {
    await cluster?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  /** Names of runs by the number of their task. */
  async function namesByNumber(): Promise<ReadonlyMap<string, string>> {
    const { out } = await fgkd(["sweep", "status", "there.json", "--json"], { cwd });
    const { tasks } = JSON.parse(out) as {
      readonly tasks: readonly { readonly number: number; readonly name: string }[];
    };
    return new Map(tasks.map(({ number, name }) => [String(number), name]));
  }

  async function collected(file: string): Promise<string> {
    return (await fgkd(["sweep", "collect", file, "--format", "csv"], { cwd })).out;
  }

  test("ends with the bytes of --local, whatever Slurm did to it meanwhile", { timeout: 1_800_000 }, async () => {
    const { shell, idle } = cluster as SlurmCluster;
    const names = await namesByNumber();
    const sent = await fgkd(["sweep", "there.json", "--submit", "slurm"], { cwd });
    expect(sent.code, sent.err).toBe(0);
    const lines = sent.out.split("\n").filter((line) => line.startsWith("  "));
    expect(lines[0]).toMatch(/^ {2}before=.*--array=0-1%4/);
    expect(lines[1]).toMatch(/^ {2}sbatch --dependency=afterany:\$before --array=2-9%4/);
    const job = /Submitted batch job (\d+)/.exec(await shell(lines.join("\n"), cwd))?.[1];

    /** The number of a task that trains, and is not this one. */
    const training = async (not?: string) => {
      let found: string | undefined;
      await until(async () => {
        const queue = (await shell(`squeue -h -r -t R -j ${job} -o %K`)).split("\n").filter(Boolean);
        found = queue.find((number) => {
          const run = there(names.get(number) as string);
          return number !== not && hasCheckpoint(run) && !existsSync(join(run, "result.json"));
        });
        return found !== undefined;
      }, 300_000);
      return found as string;
    };
    const requeued = await training();
    await shell(`scontrol requeue ${job}_${requeued}`);
    let warned = "";
    await until(async () => {
      warned = await training(requeued);
      // As `--signal=B:USR1@120` sends it before the time limit. One that is about to end is not to be altered any more.
      const sent = shell(`scancel --batch --signal=USR1 ${job}_${warned}`);
      return sent.then(
        () => true,
        () => false,
      );
    }, 300_000);
    await idle(900_000);

    const log = (number: string) => readFileSync(there(`logs/${number}.log`), "utf8");
    expect(log(requeued)).toMatch(/Stopped after.*Ended with code 143.*The run is in.*Ended with code 0/s);
    expect(log(warned)).toMatch(/Stopped after.*Ended with code 138.*The run is in.*Ended with code 0/s);

    const local = await fgkd(["sweep", "here.json", "--local", "2"], { cwd });
    expect(local.code, local.out + local.err).toBe(0);
    for (const name of names.values()) expect(outcome(there(name)), name).toEqual(outcome(here(name)));
    const csv = await collected("there.json");
    expect(csv.trim().split("\n")).toHaveLength(names.size + 1);
    expect(csv).toBe(await collected("here.json"));
    expect((await fgkd(["sweep", "there.json", "--submit", "slurm"], { cwd })).out).toContain("nothing to send");
  });
});
