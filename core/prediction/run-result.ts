/** `result.json` of a run folder, as far as it says which model each stage has trained. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { checkTree, readJsonFile } from "../store/json-file.js";
import { corruptFile } from "../values/errors.js";
import { messageOf } from "../values/words.js";

/** In bytes; a thousand stages take a tenth. */
const largest = 2 ** 22;

const schema = z.looseObject({ stages: z.array(z.looseObject({ stage: z.string(), role: z.string() })) });

/** A stage that has ended, and the role of the model that it has trained. */
export interface EndedStage {
  readonly stage: string;
  readonly role: string;
}

/** In their order; `undefined` while the run goes on. @throws FGKD_CORRUPT_FILE */
export function readEndedStages(run: string): readonly EndedStage[] | undefined {
  const path = join(run, "result.json");
  if (!existsSync(path)) return undefined;
  try {
    const value = readJsonFile(path, largest);
    checkTree(value);
    return schema.parse(value).stages.map(({ stage, role }) => ({ stage, role }));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? (cause.issues[0]?.message ?? "") : messageOf(cause);
    throw corruptFile(path, `is not as fgkd wrote it: ${problem}`, "Restore it from a copy.");
  }
}
