/** Weights for teachers that need not have learnt anything. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRun, encodeSafetensors, type Role, type RunOptions } from "../../core/index.js";

/** A file in the folder with the weights that a role begins with; a stage of the preset must train it. */
export async function firstWeights(options: RunOptions, role: Role, folder: string): Promise<string> {
  const run = await createRun(options);
  try {
    const tensors = await run.models.get(role).parameters.export();
    // Toy sources have images of any size.
    const input = { ...run.inputOf(role), size: null };
    const metadata = { fgkd: JSON.stringify({ classes: run.classes, input }) };
    const path = join(folder, `${role}.safetensors`);
    writeFileSync(path, Buffer.concat([...encodeSafetensors({ tensors, metadata })]));
    return path;
  } finally {
    await run.close();
  }
}
