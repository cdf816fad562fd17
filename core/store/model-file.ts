/** The files of a run's models, `models/<role>.safetensors`: where each lies, and how it is written. */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { encodeSafetensors } from "../formats/safetensors.js";
import type { NamedArray } from "../values/named-array.js";
import { type Permission, writeAtomically } from "./atomic.js";
import { digestOfPieces, digestOfUncalibrated, isCalibrated } from "./calibrated-file.js";
import { asStorage } from "./storage.js";

/**
 * @param run the run folder
 * @param model a role, or a view of one: `student@ema` lies in `student-ema.safetensors`
 * @param of what is said of it beyond that: the checkpoint that it was taken from
 */
export function modelFile(run: string, model: string, of = ""): string {
  return join(run, "models", `${model.replace("@", "-")}${of && `-${of}`}.safetensors`);
}

/**
 * Writes a model under public weight names.
 *
 * @param about what a reader needs to use it
 * @throws FGKD_STORAGE, and what `permission` throws
 */
export function writeModel(
  file: string,
  tensors: ReadonlyMap<string, NamedArray>,
  about: object,
  permission: Permission = () => {},
): void {
  const metadata = { format: "pt", fgkd: JSON.stringify(about) };
  const pieces = () => encodeSafetensors({ tensors, metadata });
  asStorage(file, () => {
    permission();
    // A run that goes on and ends with the same model leaves it calibrated.
    if (isCalibrated(file) && digestOfUncalibrated(file) === digestOfPieces(pieces())) return;
    mkdirSync(dirname(file), { recursive: true });
    writeAtomically(file, pieces(), permission);
  });
}
