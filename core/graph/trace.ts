/** A model's graph: what its forward pass runs on images, seen twice, so that what follows the number of images is known. */
import * as tf from "@tensorflow/tfjs";
import type { Model } from "../models/model.js";
import { notExportable } from "../values/export-errors.js";
import { need } from "../values/records.js";
import { isRecord } from "../values/unknown.js";
import {
  type Attribute,
  type Count,
  type Graph,
  type GraphConstant,
  type GraphNode,
  type GraphValue,
  rows,
} from "./graph.js";
import { inputName, type RecordedKernel, type Recording, record } from "./record.js";

export interface TraceOptions {
  /** Side, in pixels, of the images that it is given. */
  readonly size: number;
  /** Further outputs by name beside `logits`: fields of the model's own, such as `features`. Default: none. */
  readonly also?: readonly string[];
}

/** How many images the two passes have. Sides, channels and heads are seldom both twice and three times one number. */
const batches = [2, 3] as const;

/**
 * Looks on while the model answers images in `eval` mode. What it makes of them is in the graph whole: its own crop, size and normalisation,
 * too. Its input are pixels in [0, 1], red, green, blue.
 *
 * @param owner for messages
 * @throws FGKD_NOT_EXPORTABLE for a model whose pass depends on the number of images in another way than by their rows
 */
export async function traceModel(owner: string, model: Model, { size, also = [] }: TraceOptions): Promise<Graph> {
  const names = new Map([...model.parameters.variables].map(([name, variable]) => [variable.id, name]));
  const answers = (images: tf.Tensor) => {
    const outputs = model.forward({ images: images as tf.Tensor4D, normalisation: inUnits }, "eval");
    const fields: Readonly<Record<string, unknown>> = { ...outputs };
    const further = also.filter((name) => fields[name] instanceof tf.Tensor);
    return {
      logits: need(outputs, "logits", owner),
      // Filtered just now.
      ...Object.fromEntries(further.map((name) => [name, fields[name] as tf.Tensor])),
    };
  };
  const recorded = async (count: number) => {
    const images = pixels(count, size);
    try {
      return await record(images, names, answers);
    } finally {
      images.dispose();
    }
  };
  // In turn: what a run hears of is all that runs meanwhile.
  const one = await recorded(batches[0]);
  return together(owner, one, await recorded(batches[1]));
}

/** What models take in place of mean and deviation for pixels that are in [0, 1]. */
export const inUnits = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const;

/**
 * Images in [0, 1], the same each time, no two alike: a model that looks at values, as it should not, would be noticed where the
 * graph is compared with it. The page of `--to web` makes them, too.
 */
export function pixels(count: number, size: number): tf.Tensor4D {
  const data = Float32Array.from({ length: count * size * size * 3 }, (_, index) => ((index * 7919) % 1009) / 1009);
  return tf.tensor4d(data, [count, size, size, 3]);
}

function together(owner: string, one: Recording, other: Recording): Graph {
  const refuse = (what: string) =>
    notExportable(
      owner,
      `${what} depends on the number of images in a way that no graph can have`,
      "Let its forward pass take the batch's size from shapes alone, and export it again.",
    );
  if (one.kernels.length !== other.kernels.length) throw refuse("how many kernels it runs");
  const nodes = one.kernels.map((node, place): GraphNode => {
    const twin = other.kernels[place];
    const isSame = twin?.kernel === node.kernel && tensorsOf(twin) === tensorsOf(node);
    if (!isSame) throw refuse(`which kernel it runs after ${place} others, or on what,`);
    const unequal = () => refuse(`an attribute of its kernel ${node.kernel}`);
    // Of records comes a record.
    const attributes = attribute(node.attributes, twin.attributes, unequal) as GraphNode["attributes"];
    return { kernel: node.kernel, inputs: node.inputs, attributes, outputs: node.outputs };
  });
  const values = new Map<string, GraphValue>();
  for (const [name, { shape, type }] of one.values) {
    const unequal = () => refuse(`the shape of ${name}`);
    const twin = other.values.get(name)?.shape ?? [];
    values.set(name, { shape: attribute(shape, twin, unequal) as readonly Count[], type });
  }
  const { constants, repeated } = constantsOf(one, other, refuse, values);
  return { input: inputName, outputs: one.outputs, nodes: [...repeated, ...nodes], values, constants };
}

function tensorsOf({ inputs, outputs }: RecordedKernel): string {
  return JSON.stringify([inputs, outputs]);
}

/** What both passes were told: where the numbers differ, so many for each image. */
function attribute(one: unknown, other: unknown, unequal: () => Error): Attribute {
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length)
    return one.map((each, index) => attribute(each, other[index], unequal));
  if (isRecord(one) && isRecord(other))
    return Object.fromEntries(Object.entries(one).map(([key, each]) => [key, attribute(each, other[key], unequal)]));
  if (one === undefined) return null;
  if (Object.is(one, other) && (one === null || ["number", "boolean", "string"].includes(typeof one)))
    return one as Attribute;
  if (typeof one !== "number" || typeof other !== "number") throw unequal();
  const perImage = other - one;
  if (!Number.isInteger(perImage) || one !== perImage * batches[0]) throw unequal();
  return { perImage };
}

/** A constant with a row for each image, all alike, is one row that is repeated. */
function constantsOf(
  one: Recording,
  other: Recording,
  refuse: (what: string) => Error,
  values: Map<string, GraphValue>,
) {
  const constants = new Map<string, GraphConstant>();
  const repeated: GraphNode[] = [];
  for (const [name, array] of one.constants) {
    const twin = other.constants.get(name);
    if (String(twin?.shape) === String(array.shape)) {
      constants.set(name, array);
      continue;
    }
    const [images, ...rest] = array.shape;
    const length = rest.reduce((size, side) => size * side, 1);
    const { data } = array;
    const isRepeated = data.every((value, index) => value === data[index % length]);
    if (images !== batches[0] || twin?.shape[0] !== batches[1] || !isRepeated) throw refuse(`its constant ${name}`);
    constants.set(`${name}.row`, { shape: [1, ...rest], data: data.slice(0, length) });
    repeated.push({ kernel: rows, inputs: { x: `${name}.row` }, attributes: {}, outputs: [name] });
    values.set(name, { shape: [{ perImage: 1 }, ...rest], type: "float32" });
  }
  return { constants, repeated };
}
