/** The trunk of a network: levels of blocks, whose maps a caller may ask for by name. */
import type * as tf from "@tensorflow/tfjs";
import {
  type Mode,
  type Model,
  type ModelMap,
  need,
  type Outputs,
  unknownName,
  type WeightsAdapter,
} from "../../core/index.js";
import { isRecording } from "../../core/ops/index.js";
import { type Construction, type Layer, watched } from "./construction.js";
import { depthsOf } from "./depths.js";
import type { Head } from "./heads.js";

/** A layer, or several that nobody looks between, whose output has a name. */
export interface Block {
  /** Public, as its weights are named: `layer3.1`. */
  readonly name: string;
  /** Channels that it gives out. */
  readonly channels: number;
  /** Its input's side, divided by its output's. Default 1. */
  readonly stride?: number;
  /** What the names of its weights begin with. Default: its own name and a dot. */
  readonly weights?: readonly string[];
  readonly apply: Layer;
}

/** Blocks one after the other, whose last map is the level's. */
export interface TrunkLevel {
  /** Public: `layer3`. May be the name of its last block. */
  readonly name: string;
  /** At least one. */
  readonly blocks: readonly Block[];
  /** Whether the level ends here, or goes on in the next: several that reduce once in all. Default true. */
  readonly ends?: boolean;
}

/** What a network is put together from; see {@link assemble}. */
export interface NetworkParts {
  /** For messages: `backbone tiny-net`. */
  readonly owner: string;
  /** What the images pass before the first level. Default: nothing. */
  readonly stem?: { readonly stride: number; readonly weights: readonly string[]; readonly apply: Layer };
  readonly levels: readonly TrunkLevel[];
  readonly head: Head;
  /** How files that others wrote fill the model. Default: by its own names. */
  readonly adapts?: WeightsAdapter | undefined;
  /** Whether none of the layers draws numbers, or looks at more than its input: see `Model.isRepeatable`. Default false. */
  readonly isRepeatable?: boolean;
}

/**
 * A model whose images pass stem, levels and head. Each block lies one deeper than the one before, the head deepest. Its `maps` are those of every block and every level, by name; a pass
 * gives the ones that are wanted.
 *
 * @param at where stem, levels and head declared their weights
 */
export function assemble(at: Construction, { owner, stem, levels, head, adapts, isRepeatable }: NetworkParts): Model {
  const { apply, ...parts } = head;
  const maps = namedMaps(levels, stem?.stride ?? 1);
  const known = maps.map(({ name }) => name);
  return {
    parameters: at.parameters,
    depths: depthsOf(at.parameters, [...(stem ? [stem.weights] : []), ...weightsOf(levels)]),
    ...parts,
    ...(adapts && { adapts }),
    ...(isRepeatable && { isRepeatable }),
    maps,
    forward: (batch, mode, want) =>
      watched(at, want, (): Outputs => {
        for (const name of want?.maps ?? []) if (!known.includes(name)) throw unknownName("map", name, known);
        const images = need(batch, "images", owner);
        const isSpare = mode === "eval" && !at.normInputs && !at.attention && !isRecording();
        const spare = (map: tf.Tensor4D) => isSpare && map !== images;
        const passed = throughLevels(levels, stem ? stem.apply(images, mode) : images, mode, {
          wanted: want?.maps,
          spare,
        });
        return { ...apply(passed.map, mode), ...(want?.maps && { maps: passed.maps }) };
      }),
  };
}

/** Levels whose last one goes on with one more block, such as the norm after pre-activated blocks: its map is what the head sees. */
export function endingWith(levels: readonly TrunkLevel[], block: Block): readonly TrunkLevel[] {
  const all = [...levels, { name: block.name, blocks: [block] }];
  return all.map((level, place) => (place === levels.length - 1 ? { ...level, ends: false } : level));
}

/** Of each block with weights, from the images on: each is one deeper than the one before. */
function weightsOf(levels: readonly TrunkLevel[]): readonly (readonly string[])[] {
  const blocks = levels.flatMap((level) => level.blocks);
  return blocks.map(({ name, weights = [`${name}.`] }) => weights).filter((names) => names.length > 0);
}

interface Passing {
  /** Names of maps that the caller wants. */
  readonly wanted?: readonly string[] | undefined;
  /** Whether nobody needs a map once the next block has passed it. */
  spare(map: tf.Tensor4D): boolean;
}

/**
 * The last map, and those that are wanted, in the order of the network. Where nobody looks back, a map is freed as soon as the next
 * is there: left to the scope around the whole pass, those of all blocks would lie in memory at its end.
 */
function throughLevels(levels: readonly TrunkLevel[], x: tf.Tensor4D, mode: Mode, { wanted = [], spare }: Passing) {
  const maps: Record<string, tf.Tensor4D> = {};
  let map = x;
  const keep = (name: string) => {
    if (wanted.includes(name)) maps[name] = map;
  };
  for (const level of levels) {
    for (const { name, apply } of level.blocks) {
      const before = map;
      map = apply(before, mode);
      if (before !== map && spare(before) && !Object.values(maps).includes(before)) before.dispose();
      keep(name);
    }
    keep(level.name);
  }
  return { map, maps };
}

function namedMaps(levels: readonly TrunkLevel[], stemStride: number): readonly ModelMap[] {
  let stride = stemStride;
  return levels.flatMap(({ name, blocks, ends = true }) => {
    const inside = blocks.map((block) => {
      stride *= block.stride ?? 1;
      return { name: block.name, channels: block.channels, stride, endsLevel: false };
    });
    // A level has blocks.
    const last = inside.at(-1) as ModelMap;
    const end = { ...last, name, endsLevel: ends };
    return last.name === name ? [...inside.slice(0, -1), end] : [...inside, end];
  });
}
