/** An ONNX model as data, and as the bytes of its file: field numbers of onnx.proto, IR version 8. */
import { type Bytes, bytes, fieldsOf, float, floats, joined, nested, whole, wholes } from "./protobuf.js";

/** What an attribute of a node may be: whole numbers are given as bigint, so that 1 and 1.0 are apart. */
export type OnnxAttribute = bigint | number | string | readonly bigint[] | readonly number[];

export interface OnnxNode {
  readonly operator: string;
  /** Empty for one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** Numbers of `TensorProto.DataType`. */
const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
type ElementType = keyof typeof elementTypes;

export interface OnnxTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Little-endian, as on every machine that fgkd runs on. */
  readonly data: Uint8Array;
}

/** An input or output: a side that is a text may be of any length. */
interface OnnxPort {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly producer: { readonly name: string; readonly version: string };
  readonly name: string;
}

/** The version of the operators: the first with layer normalisation, which every runtime of the last years knows. */
const operatorSet = 17;

export function encodeModel({ metadata, producer, ...graph }: OnnxModel): Bytes {
  return joined([
    whole(1, 8),
    bytes(2, producer.name),
    bytes(3, producer.version),
    nested(7, [encodeGraph(graph)]),
    nested(8, [bytes(1, ""), whole(2, operatorSet)]),
    ...Object.entries(metadata).map(([key, value]) => nested(14, [bytes(1, key), bytes(2, value)])),
  ]);
}

function encodeGraph({ nodes, name, initializers, inputs, outputs }: Omit<OnnxModel, "metadata" | "producer">): Bytes {
  return joined([
    ...nodes.map((node, place) => nested(1, [encodeNode(node, place)])),
    bytes(2, name),
    ...[...initializers].map(([name, tensor]) => nested(5, [encodeTensor(name, tensor)])),
    ...inputs.map((port) => nested(11, [encodePort(port)])),
    ...outputs.map((port) => nested(12, [encodePort(port)])),
  ]);
}

function encodeNode({ operator, inputs, outputs, attributes }: OnnxNode, place: number): Bytes {
  return joined([
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(3, `${operator}-${place}`),
    bytes(4, operator),
    ...Object.entries(attributes).map(([name, value]) => nested(5, [bytes(1, name), ...encodeAttribute(value)])),
  ]);
}

/** The value, and its kind: `AttributeProto.AttributeType`. */
function encodeAttribute(value: OnnxAttribute): readonly Bytes[] {
  if (typeof value === "bigint") return [whole(3, value), whole(20, 2)];
  if (typeof value === "number") return [float(2, value), whole(20, 1)];
  if (typeof value === "string") return [bytes(4, value), whole(20, 3)];
  if (value.every((one) => typeof one === "bigint")) return [wholes(8, value), whole(20, 7)];
  return [floats(7, value as readonly number[]), whole(20, 6)];
}

function encodeTensor(name: string, { type, shape, data }: OnnxTensor): Bytes {
  return joined([wholes(1, shape), whole(2, elementTypes[type]), bytes(8, name), bytes(9, data)]);
}

function encodePort({ name, shape }: OnnxPort): Bytes {
  const sides = shape.map((side) => nested(1, [typeof side === "number" ? whole(1, side) : bytes(2, side)]));
  const tensor = nested(1, [whole(1, elementTypes.float32), nested(2, sides)]);
  return joined([bytes(1, name), nested(2, [tensor])]);
}

/**
 * What a file says of itself beside its graph.
 *
 * @throws RangeError for what is no such file
 */
export function readMetadata(file: Uint8Array): Readonly<Record<string, string>> {
  const text = (content: Uint8Array | undefined) => new TextDecoder().decode(content);
  const entries = [...fieldsOf(file)]
    .filter(({ field }) => field === 14)
    .map(({ content }) => {
      const parts = [...fieldsOf(content)];
      const of = (wanted: number) => text(parts.find(({ field }) => field === wanted)?.content);
      return [of(1), of(2)] as const;
    });
  return Object.fromEntries(entries);
}
