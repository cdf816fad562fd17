/** Files that `torch.save` has written: a pickle that describes tensors, and the bytes of their storages. */
import { crc32 } from "node:zlib";
import { corruptFile } from "../values/errors.js";
import { elementSizes } from "./element-types.js";
import { brief, downloadAgain, type FileBytes } from "./file-bytes.js";
import { unpickle } from "./pickle.js";
import { type Pickled, PickleProblem } from "./pickled.js";
import { pytorchVocabulary, type SavedStorage } from "./pytorch-names.js";
import { findWeights } from "./pytorch-parts.js";
import { createTensorFile, type Place, type Storage, type TensorFile } from "./tensor-file.js";
import type { ZipEntry } from "./zip.js";

/** In bytes. The pickles of the largest networks' training states take a twentieth. */
const longestPickle = 2 ** 25;

/** A file may describe the same bytes as a thousand tensors. Weights that share theirs do so two by two. */
const mostShared = 4;

/** What `torch.save` began its files with before version 1.6, and the version of that format. */
const magic = 0x1950a86a20f9469cfc6cn;
const protocol = 1001;

/** A checkpoint of PyTorch 1.6 or newer: an archive of `data.pkl`, and a file for each storage. @throws FGKD_CORRUPT_FILE */
export function openPytorchArchive(
  file: FileBytes,
  entries: ReadonlyMap<string, ZipEntry>,
  folder: string,
  part?: string,
) {
  const entryOf = (name: string): ZipEntry => {
    const entry = entries.get(`${folder}/${name}`);
    if (!entry) throw corruptFile(file.path, `lacks "${brief(name)}"`, downloadAgain);
    if (entry.isPlain) return entry;
    throw corruptFile(
      file.path,
      `holds "${brief(name)}" compressed or encrypted, as PyTorch never does`,
      "Save it anew with torch.save.",
    );
  };
  if (entries.has(`${folder}/constants.pkl`) || [...entries.keys()].some((name) => name.startsWith(`${folder}/code/`)))
    throw corruptFile(
      file.path,
      "is a program of TorchScript, not weights alone",
      "Save its weights: torch.save(torch.jit.load(…).state_dict(), …).",
    );
  const order = entries.get(`${folder}/byteorder`);
  if (order && latin(file.read(order.from, Math.min(order.length, 8))) === "big") throw bigEndian(file);
  const { from, length, crc } = entryOf("data.pkl");
  if (length > longestPickle)
    throw unread(file, `takes ${length} bytes, and ${longestPickle} are the most that are read`);
  const bytes = file.read(from, length);
  if (crc !== undefined && crc32(bytes) !== crc)
    throw corruptFile(file.path, `has other bytes in ${folder}/data.pkl than its checksum says`, downloadAgain);
  const { value, storages } = read(file, bytes, 0);
  const places = [...storages.values()].map((storage): [string, Storage] => {
    const name = `data/${storage.key}`;
    const { from, length, crc } = entryOf(name);
    if (length !== sizeIn(storage)) throw wrongSize(file, storage, length);
    return [storage.key, { from, length, name, ...(crc !== undefined && { crc }) }];
  });
  return assemble(file, "PyTorch (zip)", value, new Map(places), part);
}

/** A checkpoint of before PyTorch 1.6: five pickles, then the bytes of the storages. @throws FGKD_CORRUPT_FILE */
export function openPickledPytorch(file: FileBytes, part?: string): TensorFile {
  const bytes = file.read(0, Math.min(file.size, longestPickle));
  const first = read(file, bytes, 0);
  if (first.value !== magic)
    throw corruptFile(
      file.path,
      "is a pickle, but none that torch.save has written",
      "Save the weights with torch.save, or as safetensors.",
    );
  const version = read(file, bytes, first.end);
  if (version.value !== protocol) throw unread(file, `is of protocol ${brief(String(version.value))}, not ${protocol}`);
  const system = read(file, bytes, version.end);
  if (!(system.value instanceof Map) || system.value.get("little_endian") !== true) throw bigEndian(file);
  const { value, storages, end } = read(file, bytes, system.end);
  const keys = read(file, bytes, end);
  let at = keys.end;
  const places = new Map<string, Storage>();
  for (const key of Array.isArray(keys.value) ? (keys.value as readonly Pickled[]) : []) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (!storage || places.has(storage.key)) throw unread(file, "lists a storage that it does not describe, or twice");
    const count = Number(new DataView(file.read(at, 8).buffer).getBigUint64(0, true));
    const length = sizeIn(storage);
    if (count !== storage.count) throw wrongSize(file, storage, count * elementSizes[storage.type]);
    if (at + 8 + length > file.size) throw corruptFile(file.path, "is cut off", downloadAgain);
    places.set(storage.key, { from: at + 8, length, name: `storage "${storage.key}"` });
    at += 8 + length;
  }
  return assemble(file, "PyTorch (pickled, as before 1.6)", value, places, part);
}

/** One pickle, and the storages that it names. */
function read(file: FileBytes, bytes: Uint8Array, from: number) {
  const { vocabulary, storages } = pytorchVocabulary();
  try {
    return { ...unpickle(bytes, from, vocabulary), storages };
  } catch (cause) {
    throw cause instanceof PickleProblem ? unread(file, cause.message) : cause;
  }
}

function unread({ path }: FileBytes, problem: string) {
  return corruptFile(
    path,
    `its pickle ${problem}; nothing in it was run`,
    "If you trust whoever made it, save its weights alone where PyTorch is installed: torch.save({k: v for k, v in model.state_dict().items()}, …), or as safetensors.",
  );
}

function assemble(
  file: FileBytes,
  format: string,
  root: Pickled,
  storages: ReadonlyMap<string, Storage>,
  part: string | undefined,
): TensorFile {
  const { tensors, metadata, notes } = findWeights(file.path, root, part);
  const places = [...tensors].map(
    ([
      name,
      {
        storage: { key },
        dtype,
        shape,
        offset,
        strides,
      },
    ]): [string, Place] => {
      const storage = storages.get(key);
      if (!storage) throw unread(file, `names storage "${brief(key)}", which the file does not have`);
      return [name, { dtype, shape, offset, strides, storage }];
    },
  );
  const held = [...tensors.values()].reduce((sum, { length }) => sum + length, 0);
  const there = [...new Set(places.map(([, { storage }]) => storage))].reduce((sum, { length }) => sum + length, 0);
  if (held > mostShared * there)
    throw unread(file, `makes tensors of ${held} bytes in all, and the file has ${there} for them`);
  return createTensorFile(file, { format, places: new Map(places), metadata, notes });
}

function sizeIn({ count, type }: SavedStorage): number {
  return count * elementSizes[type];
}

function wrongSize({ path }: FileBytes, storage: SavedStorage, length: number) {
  const problem = `has ${length} bytes in storage "${brief(storage.key)}", not the ${sizeIn(storage)} that it describes`;
  return corruptFile(path, problem, downloadAgain);
}

function bigEndian({ path }: FileBytes) {
  return corruptFile(path, "has its bytes in the order of big-endian machines", "Save it on another machine.");
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
