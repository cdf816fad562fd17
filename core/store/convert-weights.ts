/** Weights of any format that fgkd reads, as a safetensors file. */
import { existsSync } from "node:fs";
import { elementSizes } from "../formats/element-types.js";
import { openTensorFile } from "../formats/open-tensor-file.js";
import { type EncodedTensor, encodeTensors } from "../formats/safetensors.js";
import type { TensorFile } from "../formats/tensor-file.js";
import { pathProblem } from "../values/errors.js";
import { writeAtomically } from "./atomic.js";
import { asStorage } from "./storage.js";

/**
 * Writes the tensors of a file, in their own types, and its texts as a safetensors file. One tensor is held at a time.
 *
 * @param part which set of weights, where a checkpoint has several
 * @returns the file that was read
 * @throws FGKD_PATH, also when something is there already; FGKD_CORRUPT_FILE; FGKD_STORAGE
 */
export function convertWeights(from: string, to: string, part?: string): TensorFile {
  if (existsSync(to)) throw pathProblem(to, "is there already", "Name another file, or remove it.");
  const file = openTensorFile(from, { part });
  // The widest types first: so every value lies on a multiple of its own size, as other readers expect.
  const ordered = [...file.entries].sort(([, a], [, b]) => elementSizes[b.dtype] - elementSizes[a.dtype]);
  const tensors = ordered.map(([name, entry]): [string, EncodedTensor] => [
    name,
    { ...entry, bytes: () => file.bytes(name) },
  ]);
  // What other libraries ask for before they read a file.
  const metadata = { format: "pt", ...file.metadata };
  asStorage(to, () => writeAtomically(to, encodeTensors(new Map(tensors), metadata)));
  return file;
}
