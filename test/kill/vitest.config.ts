import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

/** Here the time that fgkd takes to answer counts: when everything else is done, with the machine to itself. */
const timed = ["test/kill/surroundings.test.ts"];

/** `npm run test:kill`: real processes, killed and hurt. Needs a build. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: "forks",
    projects: [
      {
        extends: true,
        test: {
          name: "killed",
          include: ["test/kill/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...timed],
          // Left alone it keeps one core for itself, and the processes that are killed use one each.
          maxWorkers: availableParallelism(),
        },
      },
      {
        extends: true,
        test: { name: "timed", include: timed, fileParallelism: false, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
