/** Paints a scene: backdrop, perch, bird. Runs in the workers. */
import type { Pixels } from "../../transforms/pixels/pixels.js";
import { type Anatomy, layOut } from "./anatomy.js";
import { Canvas, type Colour, type Paint, type Point } from "./canvas.js";
import { createNoise, grainAt, type Noise } from "./noise.js";
import { curve, spline, stroke } from "./paths.js";
import type { Scene } from "./scene.js";

/** The picture of a scene, `size` pixels square. The same scene and size give the same bytes on every machine. */
export function renderBird(scene: Scene, size: number): Pixels {
  const { exposure, grain, seed } = scene;
  const canvas = new Canvas(size);
  const anatomy = layOut(scene);
  const bark = createNoise(60, seed + 2);
  paintBackdrop(canvas, scene, bark);
  paintPerch(canvas, scene, anatomy.feet, bark);
  paintBird(canvas, scene, anatomy);
  return canvas.pixels((value, i) => 0.5 + (value - 0.5) * exposure + 2 * grain * grainAt(i, seed));
}

function paintBackdrop(canvas: Canvas, { backdrop, seed }: Scene, bark: Noise): void {
  const { above, below, blobs, twigs, leaves } = backdrop;
  const drift = createNoise(3, seed);
  const mottle = createNoise(14, seed + 7);
  canvas.flood((x, y, into, at) => {
    const mix = Math.max(0, Math.min(1, y + 0.9 * (drift(x, y) - 0.5)));
    const light = 0.93 + 0.14 * mottle(x, y);
    into[at] = (above[0] * (1 - mix) + below[0] * mix) * light;
    into[at + 1] = (above[1] * (1 - mix) + below[1] * mix) * light;
    into[at + 2] = (above[2] * (1 - mix) + below[2] * mix) * light;
  });
  for (const { centre, radius, colour, opacity } of blobs) canvas.glow(centre, radius, colour, opacity);
  for (const { from, bend, to, width, colour } of twigs) {
    canvas.draw(
      stroke(curve(from, bend, to, 16), (t) => width * (1.2 - t)),
      { colour, texture: rough(bark) },
    );
  }
  for (const { centre, length, angle, colour } of leaves) canvas.draw(leaf(centre, length, angle), { colour });
}

function paintPerch(canvas: Canvas, { backdrop: { perch } }: Scene, [x, y]: Point, bark: Noise): void {
  const slope = Math.tan(perch.angle);
  const from: Point = [-0.05, y + slope * (-0.05 - x) + perch.bend];
  const to: Point = [1.05, y + slope * (1.05 - x) + perch.bend];
  // The bend's middle is lifted as much as the ends are lowered: the branch passes under the feet.
  const line = curve(from, [x, y - perch.bend], to, 16);
  canvas.draw(
    stroke(line, (t) => perch.width * (1.15 - 0.3 * t)),
    { colour: perch.colour, texture: rough(bark) },
  );
}

function paintBird(canvas: Canvas, scene: Scene, anatomy: Anatomy): void {
  const { plumage, pose, light, seed } = scene;
  const shade = { centre: pose.centre, radius: 0.55 * pose.unit, light };
  const down = createNoise(40, seed);
  const feathered = (colour: Colour): Paint => ({ colour, shade, texture: { amount: 0.15, noise: down } });
  const plain = (colour: Colour): Paint => ({ colour, shade });
  const body = canvas.mask(anatomy.body);
  const head = canvas.mask(anatomy.head);
  const wing = canvas.mask(anatomy.wing);

  canvas.draw(anatomy.tail, feathered(plumage.wing));
  for (const line of anatomy.tailLines) canvas.draw(line, plain(darker(plumage.wing)));
  for (const leg of anatomy.legs) canvas.draw(leg, plain(plumage.legs));
  canvas.draw(anatomy.beak, plain(plumage.beak));
  canvas.draw(anatomy.gape, plain(darker(plumage.beak)));

  canvas.fill(body, feathered(plumage.body));
  canvas.draw(anatomy.belly, feathered(plumage.belly), body);
  for (const spot of anatomy.spots) canvas.draw(spot, plain(darker(plumage.body)), body);
  canvas.draw(anatomy.neck, feathered(plumage.body));
  canvas.fill(head, feathered(plumage.body));
  if (plumage.cheek) canvas.draw(anatomy.cheek, feathered(plumage.cheek), head);
  if (plumage.cap) canvas.draw(anatomy.cap, feathered(plumage.cap), head);

  for (const { path, onHead } of anatomy.eyeMarks) canvas.draw(path, plain(plumage.mark), onHead ? head : undefined);
  canvas.draw(anatomy.eye, { colour: [0.05, 0.04, 0.04] });
  canvas.draw(anatomy.glint, { colour: [0.95, 0.95, 0.95] });

  canvas.fill(wing, feathered(plumage.wing));
  for (const line of anatomy.feathers) canvas.draw(line, plain(darker(plumage.wing)), wing);
  for (const mark of anatomy.wingMarks) canvas.draw(mark, plain(plumage.mark), wing);
}

function leaf(centre: Point, length: number, angle: number): readonly Point[] {
  const [x, y] = centre;
  const along: Point = [Math.cos(angle) * length, Math.sin(angle) * length];
  const aside: Point = [-along[1] * 0.28, along[0] * 0.28];
  return spline([
    [x - along[0] / 2, y - along[1] / 2],
    [x + aside[0], y + aside[1]],
    [x + along[0] / 2, y + along[1] / 2],
    [x - aside[0], y - aside[1]],
  ]);
}

function rough(noise: Noise) {
  return { amount: 0.5, noise };
}

function darker([red, green, blue]: Colour): Colour {
  return [red * 0.6, green * 0.6, blue * 0.6];
}
