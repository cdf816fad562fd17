/** The one door to files of weights: told apart by what they begin with, whatever they are called. */
import { type FileBytes, withFile } from "./file-bytes.js";
import { openPickledPytorch, openPytorchArchive } from "./pytorch.js";
import { openSafetensors } from "./safetensors.js";
import type { TensorFile } from "./tensor-file.js";
import { readZip } from "./zip.js";

/** Which of several sets of weights in a checkpoint is read. */
export interface OpenOptions {
  /** By the names that lead to it: `model_ema`, `checkpoint.model`. Default: one under a usual name, or the only one. */
  readonly part?: string | undefined;
}

/**
 * Looks at a file of tensors, safetensors or PyTorch's in either of its formats. No value is read, nothing in it is run, and what is
 * held of it is bounded before it is believed.
 *
 * @throws FGKD_PATH when it cannot be opened; FGKD_CORRUPT_FILE, with the way out, when it is none of these, is not what it claims, or
 *   holds more than tensors and plain data
 */
export function openTensorFile(path: string, { part }: OpenOptions = {}): TensorFile {
  return withFile(path, (file) => {
    const head = Buffer.from(file.read(0, Math.min(file.size, 9)));
    if (isSafetensors(head)) return openSafetensors(file);
    const [first, protocol = 0] = head;
    if (first === 0x80 && protocol >= 2 && protocol <= 5) return openPickledPytorch(file, part);
    const start = head.toString("latin1", 0, 4);
    const archive = start === "PK\x03\x04" || start === "PK\x05\x06" ? openArchive(file, part) : undefined;
    return archive ?? openSafetensors(file);
  });
}

/** Its length in eight bytes may begin with those that tell a pickle or an archive: that of 640 does. */
function isSafetensors(head: Buffer): boolean {
  return head.length === 9 && head.readUInt32LE(4) === 0 && head[8] === 0x7b;
}

/** `undefined` for an archive of something else. */
function openArchive(file: FileBytes, part: string | undefined): TensorFile | undefined {
  const entries = readZip(file);
  const pickle = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) return undefined;
  return openPytorchArchive(file, entries, pickle.slice(0, pickle.indexOf("/")), part);
}
