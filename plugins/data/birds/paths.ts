/** Outlines: smooth closed curves, tapered strokes, ellipses, and their transforms. */
import type { Point } from "./canvas.js";

/** A rectangle in fractions of the picture's side. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A map of the plane. */
export type Transform = (point: Point) => Point;

/** A smooth closed curve through the points (Catmull–Rom). */
export function spline(points: readonly Point[], pieces = 6): readonly Point[] {
  const count = points.length;
  const at = (index: number) => points[(index + count) % count] as Point;
  return points.flatMap((_, i) =>
    Array.from({ length: pieces }, (_, piece): Point => {
      const t = piece / pieces;
      const along = (axis: 0 | 1) => catmullRom(at(i - 1)[axis], at(i)[axis], at(i + 1)[axis], at(i + 2)[axis], t);
      return [along(0), along(1)];
    }),
  );
}

/** A line of changing width: `widthAt` gives half the width from 0 (start) to 1 (end). */
export function stroke(line: readonly Point[], widthAt: (t: number) => number): readonly Point[] {
  const left: Point[] = [];
  const right: Point[] = [];
  line.forEach(([x, y], i) => {
    const [fromX, fromY] = line[Math.max(0, i - 1)] as Point;
    const [toX, toY] = line[Math.min(line.length - 1, i + 1)] as Point;
    const length = Math.hypot(toX - fromX, toY - fromY) || 1;
    const half = widthAt(i / (line.length - 1)) / length;
    left.push([x - (toY - fromY) * half, y + (toX - fromX) * half]);
    right.push([x + (toY - fromY) * half, y - (toX - fromX) * half]);
  });
  return [...left, ...right.reverse()];
}

/** Points on a quadratic curve from `a` to `c`, pulled towards `b`. */
export function curve(a: Point, b: Point, c: Point, pieces = 10): readonly Point[] {
  return Array.from({ length: pieces + 1 }, (_, i): Point => {
    const t = i / pieces;
    const along = (axis: 0 | 1) => (1 - t) ** 2 * a[axis] + 2 * t * (1 - t) * b[axis] + t ** 2 * c[axis];
    return [along(0), along(1)];
  });
}

export function ellipse([x, y]: Point, radiusX: number, radiusY = radiusX, pieces = 24): readonly Point[] {
  return Array.from({ length: pieces }, (_, i): Point => {
    const angle = (2 * Math.PI * i) / pieces;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
}

/** Turns by `angle` (radians, clockwise on screen) about `pivot`. */
export function rotation(angle: number, [pivotX, pivotY]: Point = [0, 0]): Transform {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return ([x, y]) => [
    pivotX + cos * (x - pivotX) - sin * (y - pivotY),
    pivotY + sin * (x - pivotX) + cos * (y - pivotY),
  ];
}

/** The smallest box around all paths, cut to the picture. */
export function boxAround(...paths: readonly (readonly Point[])[]): Box {
  const xs = paths.flat().map(([x]) => x);
  const ys = paths.flat().map(([, y]) => y);
  const cut = (value: number) => Math.max(0, Math.min(1, value));
  return {
    left: cut(Math.min(...xs)),
    top: cut(Math.min(...ys)),
    right: cut(Math.max(...xs)),
    bottom: cut(Math.max(...ys)),
  };
}

function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t ** 2 + (3 * b - a - 3 * c + d) * t ** 3);
}
