/** Everything that is random about one picture, drawn before it is rendered. All of it is independent of the kind. */
import type { Random } from "../../../core/index.js";
import type { Colour, Point } from "./canvas.js";
import { hashAt } from "./noise.js";
import type { Species } from "./species.js";

/** Lengths in fractions of the picture's side, angles in radians. */
export interface Scene {
  readonly species: Species;
  readonly pose: Pose;
  readonly plumage: Plumage;
  readonly backdrop: Backdrop;
  /** Where the light comes from, times its strength. */
  readonly light: Point;
  /** Brightness and contrast of the whole picture. */
  readonly exposure: number;
  readonly grain: number;
  readonly seed: number;
}

export interface Pose {
  readonly centre: Point;
  /** Length of the body. */
  readonly unit: number;
  /** 1 looks right, −1 left. */
  readonly facing: 1 | -1;
  readonly tilt: number;
  readonly headTilt: number;
  readonly headLift: number;
  readonly tailTilt: number;
  /** Width of what is seen at an angle, 1 from the side. */
  readonly yaw: number;
  readonly plumpness: number;
  /** Small factors on beak length, tail length, and place of the wing's marks. */
  readonly jitter: readonly [number, number, number];
}

interface Plumage {
  readonly body: Colour;
  readonly belly: Colour;
  readonly wing: Colour;
  readonly mark: Colour;
  readonly beak: Colour;
  readonly legs: Colour;
  readonly cap?: Colour;
  readonly cheek?: Colour;
  readonly bellyLine: number;
  /** Spots on the breast. */
  readonly spots: readonly (readonly [x: number, y: number, radius: number])[];
}

interface Backdrop {
  readonly above: Colour;
  readonly below: Colour;
  readonly blobs: readonly {
    readonly centre: Point;
    readonly radius: number;
    readonly colour: Colour;
    readonly opacity: number;
  }[];
  readonly twigs: readonly {
    readonly from: Point;
    readonly bend: Point;
    readonly to: Point;
    readonly width: number;
    readonly colour: Colour;
  }[];
  readonly leaves: readonly {
    readonly centre: Point;
    readonly length: number;
    readonly angle: number;
    readonly colour: Colour;
  }[];
  readonly perch: { readonly angle: number; readonly bend: number; readonly width: number; readonly colour: Colour };
}

/** Draws a scene for a kind of bird. `size` shrinks the bird; a small one may sit anywhere. */
export function createScene(species: Species, random: Random, size: number): Scene {
  const scene = drawScene(species, random);
  return { ...scene, pose: shrink(scene.pose, size, scene.seed) };
}

/** Without a draw of its own: birds of all sizes have the same colours, poses and surroundings. */
function shrink(pose: Pose, size: number, seed: number): Pose {
  const room = 1 - size;
  const [x, y] = pose.centre;
  return {
    ...pose,
    unit: pose.unit * size,
    centre: [
      0.5 + (x - 0.5) * size + room * 0.75 * (hashAt(1, 0, seed) - 0.5),
      0.5 + (y - 0.5) * size + room * 0.75 * (hashAt(2, 0, seed) - 0.5),
    ],
  };
}

function drawScene(species: Species, random: Random): Scene {
  const between = (low: number, high: number) => low + (high - low) * random.next();
  const lightAngle = between(-Math.PI * 0.9, -Math.PI * 0.1);
  const strength = between(0.1, 0.4);
  const facing = random.next() < 0.5 ? 1 : -1;
  return {
    species,
    pose: {
      // A little behind the middle: beaks reach further than tails.
      centre: [0.5 + facing * between(-0.06, -0.01), between(0.5, 0.58)],
      unit: between(0.36, 0.4),
      facing,
      tilt: between(-0.15, 0.15),
      headTilt: between(-0.15, 0.15),
      headLift: between(-0.05, 0.06),
      tailTilt: between(-0.15, 0.12),
      yaw: between(0.92, 1),
      plumpness: between(0.85, 1.15),
      jitter: [between(0.93, 1.07), between(0.93, 1.07), between(-1, 1)],
    },
    plumage: drawPlumage(random),
    backdrop: drawBackdrop(random),
    light: [strength * Math.cos(lightAngle), strength * Math.sin(lightAngle)],
    exposure: between(0.85, 1.15),
    grain: between(0.004, 0.015),
    seed: random.integer(2 ** 30),
  };
}

function drawPlumage(random: Random): Plumage {
  const between = (low: number, high: number) => low + (high - low) * random.next();
  const maybe = <T>(chance: number, value: T): T | undefined => (random.next() < chance ? value : undefined);
  const hue = random.next();
  const lightness = between(0.35, 0.6);
  const body = fromHsl(hue, between(0.1, 0.65), lightness);
  return {
    body,
    belly: fromHsl(random.next(), between(0.05, 0.5), between(0.55, 0.85)),
    wing: fromHsl(random.next() < 0.5 ? hue : random.next(), between(0.1, 0.5), between(0.12, 0.28)),
    mark: fromHsl(between(0.05, 0.2), between(0, 0.4), between(0.85, 0.97)),
    beak:
      random.next() < 0.5
        ? fromHsl(between(0.03, 0.14), between(0.5, 0.9), between(0.4, 0.6))
        : grey(between(0.1, 0.35)),
    legs: fromHsl(between(0.02, 0.12), between(0.2, 0.8), between(0.25, 0.5)),
    cap: maybe(0.2, fromHsl(random.next(), between(0.1, 0.7), between(0.15, 0.45))),
    cheek: maybe(0.2, fromHsl(random.next(), between(0.1, 0.6), between(0.35, 0.7))),
    bellyLine: between(0, 0.14),
    spots: Array.from({ length: random.next() < 0.2 ? 10 : 0 }, () => [
      between(-0.1, 0.45),
      between(-0.1, 0.24),
      between(0.012, 0.022),
    ]),
  };
}

function drawBackdrop(random: Random): Backdrop {
  const between = (low: number, high: number) => low + (high - low) * random.next();
  const anywhere = (): Point => [between(-0.1, 1.1), between(-0.1, 1.1)];
  const many = <T>(low: number, high: number, draw: () => T): T[] =>
    Array.from({ length: low + random.integer(high - low + 1) }, draw);
  // Woods, sky, reeds, now and then blossom: any hue, mostly the outdoors', and one mood a picture.
  const hue = random.next() < 0.8 ? between(0.06, 0.62) : random.next();
  const mood = (low: number, high: number) =>
    fromHsl(hue + between(-0.06, 0.06), between(0.05, 0.35), between(low, high));
  const bark = () => fromHsl(between(0.04, 0.12), between(0.1, 0.4), between(0.12, 0.5));
  const leaf = () =>
    fromHsl(random.next() < 0.6 ? between(0.15, 0.4) : random.next(), between(0.2, 0.6), between(0.2, 0.65));
  return {
    above: mood(0.55, 0.85),
    below: mood(0.45, 0.75),
    blobs: many(3, 8, () => ({
      centre: anywhere(),
      radius: between(0.06, 0.3),
      colour: mood(0.4, 0.9),
      opacity: between(0.1, 0.4),
    })),
    twigs: many(0, 3, () => ({ ...drawTwig(random), width: between(0.004, 0.014), colour: bark() })),
    leaves: many(1, 6, () => ({
      centre: anywhere(),
      length: between(0.05, 0.14),
      angle: between(0, 2 * Math.PI),
      colour: leaf(),
    })),
    perch: { angle: between(-0.25, 0.25), bend: between(-0.06, 0.06), width: between(0.012, 0.03), colour: bark() },
  };
}

/** A gentle arc of any direction. */
function drawTwig(random: Random): { readonly from: Point; readonly bend: Point; readonly to: Point } {
  const between = (low: number, high: number) => low + (high - low) * random.next();
  const [x, y] = [between(0, 1), between(0, 1)];
  const angle = between(0, 2 * Math.PI);
  const along: Point = [Math.cos(angle) * between(0.2, 0.5), Math.sin(angle) * between(0.2, 0.5)];
  const sag = between(-0.5, 0.5);
  return {
    from: [x - along[0], y - along[1]],
    bend: [x - along[1] * sag, y + along[0] * sag],
    to: [x + along[0], y + along[1]],
  };
}

function grey(lightness: number): Colour {
  return [lightness, lightness, lightness];
}

/** Hue in turns. */
function fromHsl(hue: number, saturation: number, lightness: number): Colour {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const k = (((offset + hue * 12) % 12) + 12) % 12;
    return lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  };
  return [channel(0), channel(8), channel(4)];
}
