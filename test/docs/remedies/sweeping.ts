/** Remedies of `fgkd sweep`. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { fails, heard, put, type Situation, typed, works, worldWith } from "./situation.js";

const sweep = {
  run: { preset: "toy", epochs: 1, teacher: "big" },
  shared: { big: { "stages.student.enabled": false } },
};
const files = { "sweep.json": JSON.stringify(sweep) };

export const sweeping: readonly Situation[] = [
  {
    told: "… of …, in …: run them with --local, --task or --submit.",
    async tried(told) {
      const world = await worldWith(files);
      heard(told, await works(world, "sweep sweep.json"));
      await works(world, "sweep sweep.json --task 1");
      expect(await works(world, "sweep sweep.json --submit slurm")).toContain("nothing to send");
    },
  },
  {
    told: "Mend that, and run it by itself with --task ….",
    async tried(told) {
      const world = await worldWith(files);
      // A file where the teacher's folder would be.
      await put(world, "runs/sweep/big", "");
      await fails(world, "sweep sweep.json --task 0");
      const said = heard(told, await fails(world, "sweep sweep.json --task 1"));
      rmSync(join(world.cwd, "runs/sweep/big"));
      await works(world, `sweep sweep.json ${typed(said, /--task \d+/)}`);
      await works(world, "sweep sweep.json --task 1", said);
    },
  },
];
