/** Turning the colour circle, in Pillow's eight-bit hue, saturation and value. */
import { createPixels, type Pixels } from "./pixels.js";

/**
 * Every hue moves along the circle.
 *
 * @param turn part of the circle, −0.5 to 0.5
 * @see torchvision, `adjust_hue` of a Pillow image
 */
export function hue(picture: Pixels, turn: number): Pixels {
  const result = createPixels(picture.width, picture.height);
  const by = Math.trunc(turn * 255);
  for (let at = 0; at < picture.data.length; at += 3) {
    const [red = 0, green = 0, blue = 0] = picture.data.subarray(at, at + 3);
    const most = Math.max(red, green, blue);
    const least = Math.min(red, green, blue);
    if (most === least) result.data.fill(most, at, at + 3);
    else {
      const saturation = Math.trunc((255 * (most - least)) / most);
      const turned = (hueOf(red, green, blue, most, most - least) + by) & 255;
      result.data.set(colourOf(turned, saturation, most), at);
    }
  }
  return result;
}

/** 0 to 255 around the circle. */
function hueOf(red: number, green: number, blue: number, most: number, range: number): number {
  const [r, g, b] = [(most - red) / range, (most - green) / range, (most - blue) / range];
  const sixths = red === most ? b - g : green === most ? 2 + r - b : 4 + g - r;
  return Math.trunc(255 * ((sixths / 6 + 1) % 1));
}

function colourOf(turned: number, saturation: number, value: number): readonly number[] {
  if (saturation === 0) return [value, value, value];
  const [sixths, share] = [(turned * 6) / 255, saturation / 255];
  const within = sixths - Math.floor(sixths);
  const low = Math.round(value * (1 - share));
  const falling = Math.round(value * (1 - share * within));
  const rising = Math.round(value * (1 - share * (1 - within)));
  switch (Math.floor(sixths) % 6) {
    case 0:
      return [value, rising, low];
    case 1:
      return [falling, value, low];
    case 2:
      return [low, value, rising];
    case 3:
      return [low, falling, value];
    case 4:
      return [rising, low, value];
    default:
      return [value, low, falling];
  }
}
