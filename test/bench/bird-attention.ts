/** Where the members of a trained ensemble look in the built-in birds, whose parts have known places. */
import * as tf from "@tensorflow/tfjs";
import { need, type Run, release } from "../../core/index.js";
import { spatialAttention, standardizedMaps } from "../../core/ops/index.js";
import { type BirdCounts, type BirdPlace, birdParts, birdPlaceAt, birdPlaces } from "../../plugins/data/index.js";
import { openTrained } from "./trained.js";

/** Percent, by place; they add up to 100. */
export type Shares = Readonly<Record<BirdPlace, number>>;

export interface PartAttention {
  /** What attention that is the same everywhere would have. */
  readonly area: Shares;
  readonly members: Readonly<Record<string, Shares>>;
}

/** Points tried along each side of a cell of the map. */
const fineness = 6;

/**
 * On which parts the attention (the standardised map, above its mean) of each member lies, over the test split. A point
 * belongs to the first part whose box holds it; "rest of the bird" is what else the box around all four parts holds.
 */
export async function attentionOnParts(folder: string, engine: string): Promise<PartAttention> {
  const run = await openTrained(folder, engine);
  try {
    return await measure(run);
  } finally {
    await run.close();
  }
}

async function measure(run: Run): Promise<PartAttention> {
  const stage = run.stages.at(-1);
  if (!stage) throw new Error("the run has no stage");
  const { data, input, batchSize } = stage.config;
  const roles = Object.keys(run.config.run.models);
  const area = new Map<BirdPlace, number>();
  const members = new Map(roles.map((role) => [role, new Map<BirdPlace, number>()]));
  const pass = { split: "test", mode: "test", epoch: 0, seed: "", batchSize, skip: 0, input } as const;
  for await (const batch of run.source(stage.stage).batches(pass)) {
    const indices = need(batch, "indices", "bird-attention");
    for (const role of roles) {
      const maps = tf.tidy(() => {
        const features = need(run.models.get(role).forward(batch, "eval"), "features", role);
        return standardizedMaps(spatialAttention(features)).relu();
      });
      const [, height = 0, width = 0] = maps.shape;
      const values = await maps.data<"float32">();
      indices.forEach((index, row) => {
        const map = values.subarray(row * height * width, (row + 1) * height * width);
        const at = placesOf(index, data as BirdCounts, input, [height, width]);
        add(members.get(role) as Map<BirdPlace, number>, map, at);
        if (role === roles[0]) add(area, new Float32Array(map.length).fill(1), at);
      });
      maps.dispose();
    }
    release(batch);
  }
  const shares = [...members].map(([role, sums]) => [role, inPercent(sums)] as const);
  return { area: inPercent(area), members: Object.fromEntries(shares) };
}

/** Of every cell of the map, the places of its points. */
function placesOf(
  index: number,
  { classes, train, test, seed, size }: BirdCounts,
  { resize, crop }: { readonly resize: number; readonly crop: number },
  [height, width]: readonly [number, number],
): readonly (readonly BirdPlace[])[] {
  const given = Object.entries({ classes, train, test, seed, size }).filter(([, value]) => value !== undefined);
  const { parts } = birdParts("test", index, Object.fromEntries(given));
  // The central crop, in fractions of the picture before it.
  const at = (step: number, steps: number) => ((resize - crop) / 2 + ((step + 0.5) / steps) * crop) / resize;
  return Array.from({ length: height * width }, (_, cell) => {
    const [row, column] = [Math.floor(cell / width), cell % width];
    return Array.from({ length: fineness ** 2 }, (_, point) => {
      const [down, across] = [Math.floor(point / fineness), point % fineness];
      return birdPlaceAt(
        parts,
        at(column * fineness + across, width * fineness),
        at(row * fineness + down, height * fineness),
      );
    });
  });
}

/** Each image counts the same. */
function add(sums: Map<BirdPlace, number>, map: Float32Array, cells: readonly (readonly BirdPlace[])[]): void {
  const total = map.reduce((sum, value) => sum + value, 0);
  if (total === 0) return;
  map.forEach((value, cell) => {
    for (const place of cells[cell] ?? []) sums.set(place, (sums.get(place) ?? 0) + value / total);
  });
}

function inPercent(sums: ReadonlyMap<BirdPlace, number>): Shares {
  const total = [...sums.values()].reduce((sum, value) => sum + value, 0);
  const shares = birdPlaces.map((place) => [place, (100 * (sums.get(place) ?? 0)) / total] as const);
  return Object.fromEntries(shares) as Record<BirdPlace, number>;
}
