/** How a workgroup's threads carry a part of a side from memory to the tile: by fours, through registers. */
import type { Side } from "./side.js";

export interface Carried {
  /** Declared before the loop. */
  readonly before: string;
  /** Reads the part whose depth starts at an expression. */
  fetch(base: string): string;
  /** Writes what was read. `put` is given where the four lies in the tile, and its value. */
  keep(put: (four: { readonly outer: string; readonly depth: string; readonly value: string }) => string): string;
}

/** Sizes of the part, and of the whole where it does not divide it. */
export interface Extent {
  readonly name: "a" | "b";
  /** Of the part, along the outer direction and along depth. */
  readonly outer: number;
  readonly depth: number;
  readonly threads: number;
  /** Where the part starts along the outer direction. */
  readonly first: string;
  /** How many there are along the outer direction, if the last part may reach beyond them. */
  readonly end: string | null;
  /** Whether the last part may reach beyond the depth, which is called `depth`. */
  readonly ragged: boolean;
}

export function carry(side: Side, extent: Extent): Carried {
  const { name, outer, depth, threads } = extent;
  const fours = (outer * depth) / 4;
  const slots = Array.from({ length: Math.ceil(fours / threads) }, (_, slot) => `${name}${slot}`);
  const alongDepth = side.along === "depth";
  const fit = fours % threads === 0;
  const each = side.vector ? [0] : [0, 1, 2, 3];
  const outers = alongDepth ? [0] : each;
  const depths = alongDepth ? each : [0];

  const before = slots.flatMap((id, slot) => [
    `let i${id} = lane + ${slot * threads}u;`,
    alongDepth
      ? `let m${id} = i${id} / ${depth / 4}u; let n${id} = i${id} % ${depth / 4}u * 4u;`
      : `let n${id} = i${id} / ${outer / 4}u; let m${id} = i${id} % ${outer / 4}u * 4u;`,
    ...outers.map((e) => side.atOuter(`${id}o${e}`, within(`${extent.first} + m${id} + ${e}u`, extent, side))),
    `var v${id} = vec4f(0.0);`,
  ]);

  const fetchOne = (id: string, base: string) => {
    const parts = each.flatMap((e) => {
      const [o, d] = alongDepth ? [`${id}o0`, `${id}d${e}`] : [`${id}o${e}`, `${id}d0`];
      const conditions = [
        ...(side.inside ? [side.inside(o, d)] : []),
        ...(extent.ragged ? [`${base} + n${id} + ${alongDepth ? e : 0}u < depth`] : []),
      ];
      const target = side.vector ? `v${id}` : `v${id}[${e}]`;
      const value = side.vector ? `${name}[(${side.index(o, d)}) / 4u]` : `${name}[${side.index(o, d)}]`;
      if (conditions.length === 0) return [`${target} = ${value};`];
      return [
        `${target} = ${side.vector ? "vec4f(0.0)" : "0.0"};`,
        // Without `&&`: its branches, of each value that is read, are more than some drivers can compile.
        `if (${conditions.map((one) => `(${one})`).join(" & ")}) { ${target} = ${value}; }`,
      ];
    });
    const places = depths.map((e) => side.atDepth(`${id}d${e}`, base, `n${id} + ${e}u`, depth));
    return guarded(fit, id, fours, `{\n${[...places, ...parts].join("\n")}\n}`);
  };

  return {
    before: before.join("\n"),
    fetch: (base) => slots.map((id) => fetchOne(id, base)).join("\n"),
    keep: (put) =>
      slots.map((id) => guarded(fit, id, fours, put({ outer: `m${id}`, depth: `n${id}`, value: `v${id}` }))).join("\n"),
  };
}

/** Threads beyond the last four have nothing to carry. */
function guarded(fit: boolean, id: string, fours: number, text: string): string {
  return fit ? text : `if (i${id} < ${fours}u) {\n${text}\n}`;
}

/** Beyond the end the last is read again, for results that nobody keeps. */
function within(outer: string, { end }: Extent, side: Side): string {
  if (end === null) return `(${outer})`;
  const last = side.vector && side.along === "outer" ? 4 : 1;
  return `min(${outer}, ${end} - ${last}u)`;
}
