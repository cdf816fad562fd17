/** The colours of heat maps: as far apart for the eye as the numbers are. */

/** Red, green, blue, 0 to 255. */
type Colour = readonly [number, number, number];

/** From dark violet over red to light yellow, in OKLCH: lightness grows evenly, which is what makes steps look alike. */
const from = { lightness: 0.2, chroma: 0.09, hue: 290 };
const to = { lightness: 0.95, chroma: 0.09, hue: 465 };
/** In the middle colours may be stronger than at the ends. */
const middleChroma = 0.17;

/**
 * @param share from 0 to 1
 * @see "A perceptual color space for image processing" (OKLab), 2020
 */
export function heatColour(share: number): Colour {
  const between = (key: "lightness" | "chroma" | "hue") => from[key] + (to[key] - from[key]) * share;
  const chroma = between("chroma") + (middleChroma - from.chroma) * Math.sin(Math.PI * share);
  const hue = (between("hue") * Math.PI) / 180;
  return fromOklab(between("lightness"), chroma * Math.cos(hue), chroma * Math.sin(hue));
}

function fromOklab(lightness: number, a: number, b: number): Colour {
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ];
}

/** SRGB's curve. */
function encoded(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
