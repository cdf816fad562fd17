/** What `fgkd explain` tells: for people as it goes, for programs as one document. */
import { type ExplainMethod, type Explanation, explainMethods, type HeatMap, named } from "../../index.js";
import { colorsOf, type Environment } from "../environment.js";
import { table } from "../terminal/tables.js";
import { percent } from "../terminal/text.js";

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What is seen of one image: in the order of the columns, each with the picture that its network was given. */
export type SeenImage = readonly { readonly picture: Picture; readonly explanation: Explanation }[];

type Shares = Readonly<Record<string, number>>;

/** Of one image, what each column shows. */
export interface ToldImage {
  readonly name: string;
  readonly seen: SeenImage;
  /** On the parts of what it shows, by column; and of the area. */
  readonly shares?: readonly Shares[];
  readonly area?: Shares;
}

/** Where a map is highest, in fractions of the picture's sides from the left and from the top; `null` where it is 0 everywhere. */
function peakOf({ width, height, values }: HeatMap): { readonly x: number; readonly y: number } | null {
  const best = values.reduce((most, value, at) => (value > (values[most] as number) ? at : most), 0);
  if (!((values[best] ?? 0) > 0)) return null;
  return { x: ((best % width) + 0.5) / width, y: (Math.floor(best / width) + 0.5) / height };
}

/** Whether the map is of a class that the model does not answer. */
export function isOfAnother({ method, answer, asked }: Explanation): boolean {
  const methods: Readonly<Record<string, ExplainMethod>> = explainMethods;
  return methods[method]?.ofClass === true && answer.label !== asked.label;
}

/** A paragraph. */
export function explainedText(
  { name, seen }: ToldImage,
  columns: readonly string[],
  { stdout, variables }: Pick<Environment, "stdout" | "variables">,
): string {
  const colors = colorsOf(stdout, variables);
  const lines = seen.map(({ explanation }, index) => {
    const { answer, asked, method, layer } = explanation;
    const told = ({ label, probability }: typeof answer) => `${named(label)} (${percent(100 * probability)})`;
    const of = isOfAnother(explanation) ? `, asked about ${told(asked)}` : "";
    const by = layer === undefined ? method : `${method} of ${layer}`;
    return `  ${columns[index]}: ${told(answer)}${of}; ${placeOf(explanation)} (${by})`;
  });
  return `${[colors.bold(named(name)), ...lines].join("\n")}\n`;
}

function placeOf({ map, cells }: Explanation): string {
  if (cells.values.length === 1) return "the map has one cell, which tells nothing";
  const peak = peakOf(map);
  const whole = (share: number) => `${Math.round(100 * share)} %`;
  return peak
    ? `looks most at ${whole(peak.x)} from the left, ${whole(peak.y)} from the top`
    : "its map is 0 everywhere";
}

/** Shares of attention on the parts of what is shown, averaged over images. */
export interface MeanShares {
  /** Of a map that is the same everywhere. */
  readonly area: Shares;
  /** By column; NaN of maps that are 0 everywhere. */
  readonly models: Readonly<Record<string, Shares>>;
}

/** @returns `undefined` where no part is known */
export function meanShares(
  images: readonly Pick<ToldImage, "shares" | "area">[],
  columns: readonly string[],
): MeanShares | undefined {
  const known = images.flatMap(({ shares, area }) => (shares && area ? [{ shares, area }] : []));
  if (known.length === 0) return undefined;
  const mean = (all: readonly Shares[]): Shares => {
    // A map that is 0 everywhere lies on nothing.
    const any = all.filter((shares) => Object.values(shares).some((share) => share > 0));
    const sum = (place: string) => any.reduce((total, shares) => total + (shares[place] ?? 0), 0);
    return Object.fromEntries(Object.keys(all[0] ?? {}).map((place) => [place, sum(place) / any.length]));
  };
  const models = columns.map((column, at) => [column, mean(known.map(({ shares }) => shares[at] ?? {}))] as const);
  return { area: mean(known.map(({ area }) => area)), models: Object.fromEntries(models) };
}

/** Beyond so many parts they are rows, and models columns. */
const mostColumns = 8;

export function sharesTable({ area, models }: MeanShares, { stdout, variables }: Environment): string {
  const places = Object.keys(area);
  const columns = [["share of the area", area] as const, ...Object.entries(models)];
  const share = (shares: Shares, place: string) => percent(100 * (shares[place] ?? Number.NaN));
  if (places.length > mostColumns) {
    const heads = columns.map(([head]) => ({ head, align: "right" as const }));
    const rows = places.map((place) => [place, ...columns.map(([, shares]) => share(shares, place))]);
    return table([{ head: "attention on" }, ...heads], rows, stdout, variables);
  }
  const heads = places.map((head) => ({ head, align: "right" as const }));
  const rows = columns.map(([title, shares]) => [title, ...places.map((place) => share(shares, place))]);
  return table([{ head: "attention on" }, ...heads], rows, stdout, variables);
}

/** Of one image in the document of `--json`. */
export function imageJson({ name, seen, shares, area }: ToldImage, columns: readonly string[]): object {
  return {
    image: name,
    ...(area && { area }),
    explanations: seen.map(({ explanation: { method, layer, answer, asked, map, cells } }, index) => ({
      column: columns[index],
      method,
      ...(layer !== undefined && { layer }),
      answer,
      asked,
      peak: peakOf(map),
      map: rowsOf(cells),
      ...(shares?.[index] && { parts: shares[index] }),
    })),
  };
}

/** As coarse as the network has it, to four digits. */
function rowsOf({ width, height, values }: HeatMap): readonly (readonly number[])[] {
  return Array.from({ length: height }, (_, row) =>
    Array.from(values.subarray(row * width, (row + 1) * width), (value) => Math.round(1e4 * value) / 1e4),
  );
}
