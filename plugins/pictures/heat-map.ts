/** A map laid over its picture. */
import { heatColour } from "./colours.js";
import type { Picture } from "./png.js";

const colours = Array.from({ length: 256 }, (_, index) => heatColour(index / 255));

/**
 * The picture under the colours of a map: dark violet for 0, light yellow for 1.
 *
 * @param map `[height, width]` of the picture, from 0 to 1
 * @param opacity of the colours, from 0 to 1. Default 0.5
 */
export function heatMapOver({ width, height, data }: Picture, map: ArrayLike<number>, opacity = 0.5): Picture {
  const mixed = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const value = map[Math.floor(at / 3)] as number;
    const heat = (colours[Math.round(255 * value)] as (typeof colours)[number])[at % 3] as number;
    mixed[at] = Math.round((1 - opacity) * (data[at] as number) + opacity * heat);
  }
  return { width, height, data: mixed };
}
