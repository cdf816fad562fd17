/** What changes the colour of each pixel by itself, in Pillow's arithmetic. */
import { createPixels, type Pixels } from "./pixels.js";

/** Brightness of a pixel from 0 to 255, by Pillow's weights for red, green and blue. */
function luminance(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** The picture without colour: three equal channels. @see Pillow, `Image.convert("L")` */
export function grey(picture: Pixels): Pixels {
  const { data } = picture;
  const result = createPixels(picture.width, picture.height);
  for (let at = 0; at < data.length; at += 3)
    result.data.fill(luminance(data[at] as number, data[at + 1] as number, data[at + 2] as number), at, at + 3);
  return result;
}

/**
 * Between two pictures of one size, or beyond the second: `from + factor · (to − from)`, cut off at black and white.
 *
 * @param factor 0 is `from`, 1 is `to`
 * @see Pillow, `Image.blend`
 */
export function blend(from: Pixels, to: Pixels, factor: number): Pixels {
  const result = createPixels(from.width, from.height);
  const [first, second] = [from.data, to.data];
  for (let at = 0; at < first.length; at++) {
    const one = first[at] as number;
    const value = one + factor * ((second[at] as number) - one);
    result.data[at] = value <= 0 ? 0 : value >= 255 ? 255 : value;
  }
  return result;
}

/** @param factor 0 is black, 1 the picture. @see Pillow, `ImageEnhance.Brightness` */
export function brightness(picture: Pixels, factor: number): Pixels {
  return mapValues(picture, (value) => factor * value);
}

/** @param factor 0 is the grey of its mean brightness, 1 the picture. @see Pillow, `ImageEnhance.Contrast` */
export function contrast(picture: Pixels, factor: number): Pixels {
  const { data } = picture;
  let sum = 0;
  for (let at = 0; at < data.length; at += 3)
    sum += luminance(data[at] as number, data[at + 1] as number, data[at + 2] as number);
  const mean = Math.floor((3 * sum) / data.length + 0.5);
  return mapValues(picture, (value) => mean + factor * (value - mean));
}

/** @param factor 0 is grey, 1 the picture. @see Pillow, `ImageEnhance.Color` */
export function saturation(picture: Pixels, factor: number): Pixels {
  return blend(grey(picture), picture, factor);
}

/** Black becomes white. */
export function invert(picture: Pixels): Pixels {
  return mapValues(picture, (value) => 255 - value);
}

/** Keeps the upper `bits` of each value, 0 to 8. */
export function posterize(picture: Pixels, bits: number): Pixels {
  const mask = 255 & ~(2 ** (8 - bits) - 1);
  return mapValues(picture, (value) => value & mask);
}

/** Inverts values from `threshold` on. */
export function solarize(picture: Pixels, threshold: number): Pixels {
  return mapValues(picture, (value) => (value < threshold ? value : 255 - value));
}

/** Adds to values below 128. */
export function solarizeAdd(picture: Pixels, added: number): Pixels {
  return mapValues(picture, (value) => (value < 128 ? value + added : value));
}

/** Each channel's darkest value becomes 0, its brightest 255. @see Pillow, `ImageOps.autocontrast` */
export function autoContrast(picture: Pixels): Pixels {
  return mapChannels(picture, (counts) => {
    const low = counts.findIndex((count) => count > 0);
    const high = counts.findLastIndex((count) => count > 0);
    const scale = 255 / (high - low);
    return high <= low ? (value) => value : (value) => value * scale - low * scale;
  });
}

/** Each channel's values become equally frequent, as far as they can. @see Pillow, `ImageOps.equalize` */
export function equalize(picture: Pixels): Pixels {
  return mapChannels(picture, (counts) => {
    const brightest = counts.findLast((count) => count > 0) ?? 0;
    const step = Math.floor((picture.width * picture.height - brightest) / 255);
    if (step === 0) return (value) => value;
    let below = Math.floor(step / 2);
    const table = Array.from(counts, (count) => {
      const value = Math.floor(below / step);
      below += count;
      return value;
    });
    return (value) => table[value] as number;
  });
}

type ValueMap = (value: number) => number;

/** Fractions are cut off, and so is what lies beyond black and white. */
function tableOf(map: ValueMap): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => Math.min(Math.max(Math.trunc(map(value)), 0), 255));
}

function mapValues(picture: Pixels, map: ValueMap): Pixels {
  const table = tableOf(map);
  return { width: picture.width, height: picture.height, data: picture.data.map((value) => table[value] as number) };
}

function mapChannels(picture: Pixels, mapOf: (counts: Uint32Array) => ValueMap): Pixels {
  const tables = [0, 1, 2].map((channel) => {
    const counts = new Uint32Array(256);
    for (let at = channel; at < picture.data.length; at += 3) {
      const value = picture.data[at] as number;
      counts[value] = (counts[value] as number) + 1;
    }
    return tableOf(mapOf(counts));
  });
  const data = picture.data.map((value, at) => tables[at % 3]?.[value] as number);
  return { width: picture.width, height: picture.height, data };
}
