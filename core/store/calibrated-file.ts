/** What a model's calibration adds to its file: one text beside the others, and no byte of its weights. */
import { createHash } from "node:crypto";
import { openTensorFile } from "../formats/open-tensor-file.js";
import { type EncodedTensor, encodeTensors } from "../formats/safetensors.js";
import { type Permission, writeAtomically } from "./atomic.js";
import { digestOfFile } from "./checkpoint-format.js";
import { asStorage } from "./storage.js";

/** Among the texts of the file. */
export const calibrationEntry = "fgkd.calibration";

/** What stands there; `undefined` where nothing does. @throws as `openTensorFile` does */
export function calibrationText(file: string): string | undefined {
  return openTensorFile(file).metadata[calibrationEntry];
}

/**
 * Writes the file anew with another such text, in one step. One tensor is held at a time.
 *
 * @throws FGKD_STORAGE, what `permission` throws, and as `openTensorFile` does
 */
export function writeCalibrationText(file: string, text: string, permission: Permission = () => {}): void {
  const pieces = rewritten(file, (metadata) => ({ ...metadata, [calibrationEntry]: text }));
  asStorage(file, () => writeAtomically(file, pieces, permission));
}

/** SHA-256 of a file as it was before it was calibrated: a run that began with it knows it again. */
export function digestOfUncalibrated(file: string): string {
  if (!isCalibrated(file)) return digestOfFile(file);
  return digestOfPieces(rewritten(file, ({ [calibrationEntry]: _, ...others }) => others));
}

/** SHA-256 of a file that is not written. */
export function digestOfPieces(pieces: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** False of what is no file of tensors: who loads it says so. */
export function isCalibrated(file: string): boolean {
  try {
    return calibrationText(file) !== undefined;
  } catch {
    return false;
  }
}

type Metadata = Readonly<Record<string, string>>;

function rewritten(path: string, metadataOf: (before: Metadata) => Metadata): Generator<Uint8Array> {
  const file = openTensorFile(path);
  const tensors = [...file.entries].map(([name, entry]): [string, EncodedTensor] => [
    name,
    { ...entry, bytes: () => file.bytes(name) },
  ]);
  return encodeTensors(new Map(tensors), metadataOf(file.metadata));
}
