/** Pickles of plain data and tensors, of protocol 2: what `torch.load(weights_only=True)` reads in every version that has it. */

/** A tensor whose bytes lie in a storage of their own. */
export interface PickledTensor {
  /** The name of its storage. */
  readonly key: string;
  /** As `torch` calls it: `FloatStorage`. */
  readonly storage: "FloatStorage" | "HalfStorage" | "LongStorage";
  readonly shape: readonly number[];
}

/** An ordered dictionary, which `state_dict` is. */
export class PickledTensors {
  constructor(readonly tensors: ReadonlyMap<string, PickledTensor>) {}
}

/** Texts, lists and dictionaries of them, and tensors: PyTorch 1.13 reads no numbers with a point among weights. */
type Picklable = string | readonly Picklable[] | PickledTensors | { readonly [key: string]: Picklable };

const codes = (text: string) => Buffer.from(text, "latin1");

export function pickle(value: Picklable): Uint8Array {
  return Buffer.concat([codes("\x80\x02"), ...parts(value), codes(".")]);
}

function parts(value: Picklable): readonly Uint8Array[] {
  if (typeof value === "string") return [text(value)];
  if (value instanceof PickledTensors) {
    const items = [...value.tensors].flatMap(([name, tensor]) => [text(name), ...tensorParts(tensor)]);
    return [orderedDictionary, codes("("), ...items, codes("u")];
  }
  // What is no list is a record.
  if (Array.isArray(value)) return [codes("]("), ...value.flatMap(parts), codes("e")];
  const items = Object.entries(value).flatMap(([key, each]) => [text(key), ...parts(each as Picklable)]);
  return [codes("}("), ...items, codes("u")];
}

const orderedDictionary = codes("ccollections\nOrderedDict\n)R");

/** `torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)` */
function tensorParts({ key, storage, shape }: PickledTensor): readonly Uint8Array[] {
  const size = shape.reduce((product, side) => product * side, 1);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const place = [codes("("), text("storage"), codes(`ctorch\n${storage}\n`), text(key), text("cpu"), number(size)];
  return [
    codes("ctorch._utils\n_rebuild_tensor_v2\n("),
    ...place,
    codes("tQ"),
    number(0),
    ...tuple(shape),
    ...tuple(strides),
    codes("\x89"),
    orderedDictionary,
    codes("tR"),
  ];
}

function tuple(values: readonly number[]): readonly Uint8Array[] {
  return [codes("("), ...values.map(number), codes("t")];
}

function text(value: string): Uint8Array {
  const content = Buffer.from(value, "utf8");
  const head = Buffer.alloc(5);
  head.write("X", "latin1");
  head.writeUInt32LE(content.length, 1);
  return Buffer.concat([head, content]);
}

/** A whole one, of 31 bits: sides and sizes of archives that are no larger than they may be. */
function number(value: number): Uint8Array {
  const bytes = Buffer.alloc(5);
  bytes.write("J", "latin1");
  bytes.writeInt32LE(value, 1);
  return bytes;
}
