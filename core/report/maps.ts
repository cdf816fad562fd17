/** Where a model looked, drawn over what it was given. */
import { type Explained, explain } from "../explanation/explain.js";
import { type SeenPicture, seenPictures } from "../explanation/seen-pictures.js";
import type { Model } from "../models/model.js";
import { FgkdError } from "../values/errors.js";
import { chosenRows, type Shown } from "./chosen-rows.js";
import { smallPicture } from "./pictures.js";

/** Lays a map, `[height, width]` from 0 to 1, over a picture of that size. */
export type DrawMap = (picture: SeenPicture, map: Float32Array) => SeenPicture;

/** By position in the split. */
export interface SmallMaps {
  /** As `fgkd explain` calls it; `null` where there is no map. */
  readonly method: string | null;
  readonly maps: ReadonlyMap<number, string>;
}

/**
 * Maps of what spoke for the model's answers, as `data:` addresses; the split is walked through once more. None of a network that no
 * method is for, and none of a map with a single cell, which tells nothing.
 */
export async function smallMaps(
  indices: readonly number[],
  shown: Shown,
  model: Model,
  draw: DrawMap,
): Promise<SmallMaps> {
  const maps = new Map<number, string>();
  let method: string | null = null;
  try {
    for await (const { positions, batch } of chosenRows(indices, shown)) {
      const pictures = await seenPictures(batch, shown.input);
      if (pictures.length === 0) break;
      const explained = await explain(model, batch);
      if (explained.cells.height * explained.cells.width < 2) break;
      method = explained.method;
      for (const [row, picture] of pictures.entries())
        maps.set(positions[row] as number, await smallPicture(draw(picture, mapOf(explained, row))));
    }
  } catch (error) {
    // A method that the network lacks something for says so: then there is nothing to show.
    if (!(error instanceof FgkdError)) throw error;
  }
  return { method, maps };
}

function mapOf({ maps: { height, width, values } }: Explained, row: number): Float32Array {
  return values.subarray(row * height * width, (row + 1) * height * width);
}
