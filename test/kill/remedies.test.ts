/** Remedies of what a system does to a process help: typed as they were printed. */
import { beforeAll, describe, test } from "vitest";
import { surroundings } from "../docs/remedies/surroundings.js";
import { requireBuild } from "./process.js";

describe("a remedy that is a command", () => {
  beforeAll(requireBuild);
  test.each(surroundings.map((situation) => [situation.told, situation] as const))("%s", (told, { tried }) =>
    tried(told),
  );
});
