/** Where everything of a bird is: outlines in the picture's coordinates, from kind and pose. */
import type { Point } from "./canvas.js";
import { type Box, boxAround, curve, ellipse, rotation, spline, stroke, type Transform } from "./paths.js";
import type { Pose, Scene } from "./scene.js";
import type { Beak, PartName, Species, Tail, Wing } from "./species.js";

type Path = readonly Point[];

/** Closed outlines; lists may be empty. */
export interface Anatomy {
  readonly body: Path;
  readonly neck: Path;
  readonly head: Path;
  readonly belly: Path;
  readonly spots: readonly Path[];
  readonly tail: Path;
  readonly tailLines: readonly Path[];
  readonly wing: Path;
  readonly feathers: readonly Path[];
  readonly wingMarks: readonly Path[];
  readonly legs: readonly Path[];
  readonly beak: Path;
  readonly gape: Path;
  readonly cap: Path;
  readonly cheek: Path;
  readonly eye: Path;
  readonly glint: Path;
  readonly eyeMarks: readonly { readonly path: Path; readonly onHead: boolean }[];
  /** The place of each part that tells kinds apart, also where its mark is absent. */
  readonly parts: Readonly<Record<PartName, Box>>;
  /** Where the feet are. */
  readonly feet: Point;
}

/** Lengths in bodies: how far the beak reaches, half its depth, how its line bends (down is positive), how it tapers. */
const BEAKS: Readonly<Record<Beak, { length: number; depth: number; bend: number; power: number; taper: number }>> = {
  cone: { length: 0.17, depth: 0.1, bend: 0.01, power: 1, taper: 1 },
  straight: { length: 0.26, depth: 0.06, bend: 0, power: 1, taper: 0.9 },
  dagger: { length: 0.42, depth: 0.06, bend: 0, power: 1, taper: 0.9 },
  sickle: { length: 0.36, depth: 0.055, bend: 0.2, power: 2, taper: 0.8 },
  upturned: { length: 0.36, depth: 0.055, bend: -0.18, power: 2, taper: 0.8 },
  hook: { length: 0.25, depth: 0.085, bend: 0.16, power: 5, taper: 0.5 },
};

/** Outlines from the base (0) to the end (1), half width beside it. */
const TAILS: Readonly<Record<Tail, readonly Point[]>> = {
  square: [
    [0, -0.08],
    [0.4, -0.12],
    [0.72, -0.16],
    [0.72, 0.16],
    [0.4, 0.12],
    [0, 0.08],
  ],
  forked: [
    [0, -0.08],
    [0.5, -0.1],
    [1.2, -0.3],
    [0.55, 0],
    [1.2, 0.3],
    [0.5, 0.1],
    [0, 0.08],
  ],
  pointed: [
    [0, -0.08],
    [0.3, -0.09],
    [0.7, -0.06],
    [1.3, 0],
    [0.7, 0.06],
    [0.3, 0.09],
    [0, 0.08],
  ],
  fan: [
    [0, -0.07],
    [0.4, -0.18],
    [0.72, -0.34],
    [0.9, -0.2],
    [0.95, 0],
    [0.9, 0.2],
    [0.72, 0.34],
    [0.4, 0.18],
    [0, 0.07],
  ],
};

const WING: readonly Point[] = [
  [0.26, -0.1],
  [0.06, -0.21],
  [-0.28, -0.13],
  [-0.6, 0.05],
  [-0.3, 0.09],
  [0, 0.13],
  [0.2, 0.07],
];

const EYE: Point = [0.49, -0.36];
const HEAD: Point = [0.42, -0.33];
/** Heads are larger than nature's: what tells kinds apart is there, and small networks must find it. */
const HEAD_SIZE = 1.25;
const NAPE: Point = [0.38, -0.24];

/** The outlines of a scene's bird. */
export function layOut({ species, pose, plumage }: Scene): Anatomy {
  const place = placement(pose);
  const headTurn = rotation(pose.headTilt, [0.36, -0.22]);
  const onHead: Transform = ([x, y]) =>
    place(headTurn([NAPE[0] + HEAD_SIZE * (x - NAPE[0]), NAPE[1] + HEAD_SIZE * (y - NAPE[1]) - pose.headLift]));
  const onBody: Transform = ([x, y]) => place([x, y * pose.plumpness]);
  const tailTurn = rotation(pose.tailTilt, [-0.4, -0.03]);
  const onTail: Transform = ([along, aside]) => onBody(tailTurn([-0.36 - 0.5 * pose.jitter[1] * along, -0.02 + aside]));
  const tail = (species.tail === "fan" ? spline(TAILS.fan) : TAILS[species.tail]).map(onTail);
  const beak = beakPath(species.beak, pose.jitter[0]).map(onHead);
  const marks = wingMarks(species.wing, pose.jitter[2]).map((path) => path.map(onBody));
  const ring = ellipse(EYE, 0.082);
  const brow = stroke(curve([0.6, -0.395], [0.48, -0.475], [0.26, -0.4]), (t) => 0.034 * (1 - 0.5 * t));
  return {
    body: spline([
      [0.24, -0.27],
      [-0.08, -0.25],
      [-0.42, -0.1],
      [-0.44, 0.03],
      [-0.24, 0.19],
      [0.06, 0.28],
      [0.36, 0.2],
      [0.5, 0],
      [0.46, -0.18],
    ]).map(onBody),
    neck: [
      ...[
        [0.2, -0.26],
        [0.46, 0.02],
        [0.52, -0.06],
      ].map(asPoint(onBody)),
      ...[
        [0.59, -0.28],
        [0.26, -0.42],
      ].map(asPoint(onHead)),
    ],
    head: ellipse(HEAD, 0.2, 0.18).map(onHead),
    belly: spline([
      [-0.42, 0.06],
      [0, plumage.bellyLine],
      [0.5, -0.02],
      [0.6, 0.3],
      [0, 0.5],
      [-0.4, 0.3],
    ]).map(onBody),
    spots: plumage.spots.map(([x, y, radius]) => ellipse([x, y], radius, radius * 1.5, 8).map(onBody)),
    tail,
    tailLines: [-0.04, 0, 0.04].map((aside) =>
      stroke(
        [
          [0.1, aside * 0.7],
          [0.55, aside * 1.2],
        ],
        () => 0.007,
      ).map(onTail),
    ),
    wing: spline(WING).map(onBody),
    feathers: [0, 1, 2, 3].map((i) =>
      stroke(
        curve([-0.02 - 0.06 * i, 0.1 - 0.05 * i], [-0.22, 0.06 - 0.04 * i], [-0.56, 0.04 - 0.02 * i]),
        () => 0.007,
      ).map(onBody),
    ),
    wingMarks: marks,
    legs: [0.02, 0.12].map((x) =>
      stroke(
        [
          [x, 0.2],
          [x + 0.02, 0.46],
        ],
        () => 0.014,
      ).map(onBody),
    ),
    beak,
    gape: stroke(beakLine(species.beak, pose.jitter[0]).slice(0, 8), () => 0.006).map(onHead),
    cap: spline([
      [0.2, -0.42],
      [0.3, -0.6],
      [0.6, -0.6],
      [0.66, -0.42],
      [0.44, -0.43],
    ]).map(onHead),
    cheek: ellipse([0.42, -0.25], 0.1, 0.07).map(onHead),
    eye: ellipse(EYE, 0.04).map(onHead),
    glint: ellipse([EYE[0] + 0.013, EYE[1] - 0.013], 0.012, 0.012, 8).map(onHead),
    eyeMarks: eyeMarks(species, ring.map(onHead), brow.map(onHead)),
    parts: {
      beak: boxAround(beak),
      tail: boxAround(tail),
      wing: boxAround(ellipse([-0.02, -0.04], 0.22, 0.19).map(onBody)),
      eye: boxAround(ring.map(onHead), brow.map(onHead)),
    },
    feet: onBody([0.09, 0.46]),
  };
}

function placement({ centre, unit, facing, tilt, yaw }: Pose): Transform {
  const turn = rotation(tilt);
  return (point) => {
    const [x, y] = turn(point);
    return [centre[0] + facing * unit * yaw * x, centre[1] + unit * y];
  };
}

function asPoint(place: Transform): (numbers: readonly number[]) => Point {
  return ([x = 0, y = 0]) => place([x, y]);
}

function beakLine(kind: Beak, factor: number): Path {
  const { length, bend, power } = BEAKS[kind];
  return Array.from({ length: 13 }, (_, i): Point => {
    const t = i / 12;
    // Starts inside of the head, so that there is no gap.
    return [0.57 + (length * factor + 0.03) * t, -0.325 + bend * t ** power];
  });
}

function beakPath(kind: Beak, factor: number): Path {
  const { depth, taper } = BEAKS[kind];
  return stroke(beakLine(kind, factor), (t) => depth * (1 - t) ** taper + 0.004);
}

function wingMarks(kind: Wing, shift: number): readonly Path[] {
  const bar = (x: number) => stroke(curve([x + 0.06, -0.26], [x + 0.03, -0.05], [x - 0.07, 0.16]), () => 0.028);
  if (kind === "one bar") return [bar(-0.02 + 0.08 * shift)];
  if (kind === "two bars") return [bar(0.08 + 0.02 * shift), bar(-0.11 + 0.02 * shift)];
  return kind === "patch" ? [ellipse([-0.02 + 0.05 * shift, -0.04], 0.12, 0.075)] : [];
}

function eyeMarks({ eye }: Species, ring: Path, brow: Path): Anatomy["eyeMarks"] {
  if (eye === "ring") return [{ path: ring, onHead: false }];
  return eye === "brow" ? [{ path: brow, onHead: true }] : [];
}
