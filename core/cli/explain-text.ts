/** What `fgkd explain` tells: for people as it goes, for programs as one document. */
import { type Explanation, type HeatMap, named } from "../index.js";
import { colorsOf, type Environment } from "./environment.js";
import type { SeenImage } from "./explain-pictures.js";
import { table } from "./tables.js";
import { percent } from "./text.js";

type Shares = Readonly<Record<string, number>>;

/** Of one image, what each column shows. */
export interface ToldImage {
  readonly name: string;
  readonly seen: SeenImage;
  /** On parts of a drawn bird, by column; and of the area. */
  readonly shares?: readonly Shares[];
  readonly area?: Shares;
}

/** Where a map is highest, in fractions of the picture's sides from the left and from the top; `null` where it is 0 everywhere. */
function peakOf({ width, height, values }: HeatMap): { readonly x: number; readonly y: number } | null {
  const best = values.reduce((most, value, at) => (value > (values[most] as number) ? at : most), 0);
  if (!((values[best] ?? 0) > 0)) return null;
  return { x: ((best % width) + 0.5) / width, y: (Math.floor(best / width) + 0.5) / height };
}

/** A paragraph. */
export function explainedText(
  { name, seen }: ToldImage,
  columns: readonly string[],
  { stdout, variables }: Pick<Environment, "stdout" | "variables">,
): string {
  const colors = colorsOf(stdout, variables);
  const lines = seen.map(({ explanation }, index) => {
    const { answer, asked, method } = explanation;
    const of =
      asked.label === answer.label ? "" : `, asked about ${named(asked.label)} (${percent(100 * asked.probability)})`;
    return `  ${columns[index]}: ${named(answer.label)} (${percent(100 * answer.probability)})${of}; ${placeOf(explanation)} (${method})`;
  });
  return `${[colors.bold(named(name)), ...lines].join("\n")}\n`;
}

function placeOf({ map }: Explanation): string {
  const peak = peakOf(map);
  const whole = (share: number) => `${Math.round(100 * share)} %`;
  return peak
    ? `looks most at ${whole(peak.x)} from the left, ${whole(peak.y)} from the top`
    : "looks nowhere in particular";
}

/** Shares of attention on the parts of drawn birds, averaged over images; `undefined` where none is known. */
export function meanShares(
  images: readonly ToldImage[],
  columns: readonly string[],
): Readonly<Record<string, Shares>> | undefined {
  const known = images.filter(({ shares, area }) => shares && area);
  if (known.length === 0) return undefined;
  const mean = (all: readonly Shares[]) => {
    const places = Object.keys(all[0] ?? {});
    const sum = (place: string) => all.reduce((total, shares) => total + (shares[place] ?? 0), 0);
    return Object.fromEntries(places.map((place) => [place, sum(place) / all.length]));
  };
  const rows = columns.map(
    (column, index) => [column, mean(known.map(({ shares }) => shares?.[index] ?? {}))] as const,
  );
  return { area: mean(known.map(({ area }) => area ?? {})), ...Object.fromEntries(rows) };
}

export function sharesTable(shares: Readonly<Record<string, Shares>>, { stdout, variables }: Environment): string {
  const places = Object.keys(shares.area ?? {});
  const heads = places.map((head) => ({ head, align: "right" as const }));
  const rows = Object.entries(shares).map(([name, row]) => {
    const title = name === "area" ? "share of the area" : name;
    return [title, ...places.map((place) => percent(100 * (row[place] ?? Number.NaN)))];
  });
  return table([{ head: "attention on" }, ...heads], rows, stdout, variables);
}

/** The document of `--json`. */
export function explainedJson(images: readonly ToldImage[], columns: readonly string[]): object {
  const parts = meanShares(images, columns);
  return {
    columns,
    images: images.map(({ name, seen, shares, area }) => ({
      image: name,
      ...(area && { area }),
      explanations: seen.map(({ explanation: { method, answer, asked, map, cells } }, index) => ({
        column: columns[index],
        method,
        answer,
        asked,
        peak: peakOf(map),
        map: rowsOf(cells),
        ...(shares?.[index] && { parts: shares[index] }),
      })),
    })),
    ...(parts && { parts }),
  };
}

/** As coarse as the network has it, to four digits. */
function rowsOf({ width, height, values }: HeatMap): readonly (readonly number[])[] {
  return Array.from({ length: height }, (_, row) =>
    Array.from(values.subarray(row * width, (row + 1) * width), (value) => Math.round(1e4 * value) / 1e4),
  );
}
