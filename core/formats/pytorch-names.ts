/** What a pickle of PyTorch's may name: tensors, storages and plain data. Nothing else stands for anything. */
import { type ElementType, elementSizes } from "./element-types.js";
import { brief } from "./file-bytes.js";
import { type Global, type Pickled, PickleProblem, Unread, type Vocabulary } from "./pickled.js";
import { sizeOf } from "./tensor-file.js";

/** A run of values in the file, which one or several tensors are seen in. */
export interface SavedStorage {
  readonly key: string;
  readonly type: ElementType;
  /** In values. */
  readonly count: number;
}

/** A tensor as the pickle describes it, held against the size that it gives for its storage. */
export class SavedTensor {
  constructor(
    readonly storage: SavedStorage,
    readonly dtype: ElementType,
    readonly shape: readonly number[],
    /** Of its first value, in values from the beginning of its storage. */
    readonly offset: number,
    /** In values, one for each axis. */
    readonly strides: readonly number[],
  ) {}

  /** In bytes. */
  get length(): number {
    return sizeOf(this.shape) * elementSizes[this.dtype];
  }
}

/** What of a storage a tensor may see: all, but in files of before 2018. */
class StorageView {
  constructor(
    readonly storage: SavedStorage,
    readonly from: number,
    readonly count: number,
  ) {}
}

/** The class of a storage, or a type of values. */
class Typed {
  constructor(readonly type: ElementType) {}
}

/** More axes than any weight has. */
const mostAxes = 8;

/** @returns a vocabulary for one pickle, and the storages that it has named */
export function pytorchVocabulary(): { vocabulary: Vocabulary; storages: ReadonlyMap<string, SavedStorage> } {
  const storages = new Map<string, SavedStorage>();
  const persistent = (given: Pickled): StorageView => {
    const [kind, of, key, , count, view] = Array.isArray(given) ? (given as readonly Pickled[]) : [];
    if (kind !== "storage" || !(of instanceof Typed) || typeof key !== "string" || !isWhole(count))
      throw new PickleProblem("refers to what is no storage");
    const storage = storages.get(key) ?? { key, type: of.type, count };
    if (storage.type !== of.type || storage.count !== count)
      throw new PickleProblem(`describes storage "${brief(key)}" in two ways`);
    storages.set(key, storage);
    if (!Array.isArray(view)) return new StorageView(storage, 0, count);
    const [, from, length] = view as readonly Pickled[];
    if (!isWhole(from) || !isWhole(length) || from + length > count) throw beyond(key);
    return new StorageView(storage, from, length);
  };
  return { vocabulary: { global: find, persistent }, storages };
}

function find(name: string): Global {
  const [, module = "", last = ""] = /^(.*)\.(.*)$/s.exec(name) ?? [];
  if (/^torch(\.storage|\.cuda)?$/.test(module)) {
    const type = last.endsWith("Storage") ? storageTypes.get(last.slice(0, -"Storage".length)) : dataTypes.get(last);
    if (type) return { value: new Typed(type) };
  }
  const known = functions.get(name);
  if (known) return { call: known };
  if (passedOver.has(name)) return { call: () => new Unread() };
  throw new PickleProblem(`names "${brief(name)}", which weights do not need`);
}

const storageTypes: ReadonlyMap<string, ElementType> = new Map([
  ["Double", "F64"],
  ["Float", "F32"],
  ["Half", "F16"],
  ["BFloat16", "BF16"],
  ["Long", "I64"],
  ["Int", "I32"],
  ["Short", "I16"],
  ["Char", "I8"],
  ["Byte", "U8"],
  ["Bool", "BOOL"],
  ["Untyped", "U8"],
  ["_Untyped", "U8"],
]);

const dataTypes: ReadonlyMap<string, ElementType> = new Map([
  ["float64", "F64"],
  ["float32", "F32"],
  ["float16", "F16"],
  ["bfloat16", "BF16"],
  ["int64", "I64"],
  ["int32", "I32"],
  ["int16", "I16"],
  ["int8", "I8"],
  ["uint8", "U8"],
  ["bool", "BOOL"],
]);

const functions: ReadonlyMap<string, (given: readonly Pickled[]) => Pickled> = new Map([
  ["collections.OrderedDict", ([pairs = []]) => dictionaryOf(pairs)],
  ["torch.Size", ([sides = []]) => sides],
  ["torch._utils._rebuild_tensor", (given) => rebuild(given)],
  ["torch._utils._rebuild_tensor_v2", (given) => rebuild(given)],
  ["torch._utils._rebuild_tensor_v3", (given) => rebuild(given, given[6])],
  ["torch._utils._rebuild_parameter", ([tensor = null]) => tensor],
  ["torch._utils._rebuild_parameter_with_state", ([tensor = null]) => tensor],
]);

/**
 * What training tools store beside weights. It is passed over: what stands for it here can neither be called nor looked into. These
 * are named one by one, since a file that names anything else was not made by a tool that saves weights.
 */
const passedOver: ReadonlySet<string> = new Set([
  "argparse.Namespace",
  "collections.Counter",
  "collections.defaultdict",
  "types.SimpleNamespace",
  "datetime.datetime",
  "datetime.timedelta",
  "pathlib.Path",
  "pathlib.PosixPath",
  "pathlib.WindowsPath",
  "pathlib._local.PosixPath",
  "pathlib._local.WindowsPath",
  "numpy.dtype",
  "numpy.ndarray",
  "numpy.core.multiarray.scalar",
  "numpy.core.multiarray._reconstruct",
  "numpy._core.multiarray.scalar",
  "numpy._core.multiarray._reconstruct",
  "_codecs.encode",
  "torch.device",
  ...["__builtin__", "builtins"].flatMap((module) =>
    ["set", "frozenset", "list", "dict", "int", "float", "bytearray", "complex", "slice"].map(
      (name) => `${module}.${name}`,
    ),
  ),
]);

/** As Python 2 wrote one: of a list of pairs. */
function dictionaryOf(pairs: Pickled): Pickled {
  const isPairs = Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2);
  if (!isPairs) throw new PickleProblem("makes a dictionary of what are no pairs");
  const dictionary = new Map(pairs as readonly [Pickled, Pickled][]);
  if (dictionary.size < pairs.length) throw new PickleProblem("sets a name of a dictionary twice");
  return dictionary;
}

function rebuild([view, offset, shape, strides]: readonly Pickled[], of?: Pickled): SavedTensor {
  if (!(view instanceof StorageView) || !isWhole(offset))
    throw new PickleProblem("makes a tensor of what is no storage");
  const { storage, from, count } = view;
  if (of !== undefined && !(of instanceof Typed)) throw new PickleProblem("makes a tensor of no type");
  const dtype = of?.type ?? storage.type;
  if (!areWhole(shape) || shape.length > mostAxes) throw new PickleProblem("makes a tensor of no proper shape");
  if (!areWhole(strides) || strides.length !== shape.length)
    throw new PickleProblem(`makes a tensor of no proper strides (${brief(String(strides))})`);
  // Of a storage without a type, values are counted in bytes.
  const [bytes, room] = [elementSizes[dtype], count * elementSizes[storage.type]];
  if (sizeOf(shape) * bytes > room)
    throw new PickleProblem(`makes a tensor of shape [${shape}], larger than its storage "${brief(storage.key)}"`);
  const last =
    sizeOf(shape) === 0 ? 0 : shape.reduce((sum, side, axis) => sum + (side - 1) * (strides[axis] as number), 1);
  if ((offset + last) * bytes > room) throw beyond(storage.key);
  // An offset counts the tensor's values, what the storage's view begins with, the storage's.
  return new SavedTensor(storage, dtype, shape, offset + (from * elementSizes[storage.type]) / bytes, strides);
}

function beyond(key: string) {
  return new PickleProblem(`makes a tensor that reaches beyond its storage "${brief(key)}"`);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areWhole(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.every(isWhole);
}
