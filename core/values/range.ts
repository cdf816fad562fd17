/** What a value may be, in a few words: for diagnostics, and for the tables of the reference. */
import { z } from "zod";

/** `"in [0, 1)"`, `"whole and positive"`, `"one of plain, blocked"`, `"a list of texts"`. */
export function rangeOf(type: z.core.$ZodType): string {
  const inner = unwrapped(type);
  if (inner !== type) return rangeOf(inner);
  if (type instanceof z.ZodNullable) return `${rangeOf(type.unwrap())}, or null`;
  if (type instanceof z.ZodNumber) return numbers(type);
  if (type instanceof z.ZodEnum) return `one of ${type.options.join(", ")}`;
  if (type instanceof z.ZodLiteral) return [...type.values].map(String).join(", ");
  if (type instanceof z.ZodUnion) return type.options.map(rangeOf).join(", or ");
  if (type instanceof z.ZodBoolean) return "true or false";
  if (type instanceof z.ZodString) return (type.minLength ?? 0) > 0 ? "a text that is not empty" : "a text";
  if (type instanceof z.ZodArray) return list(type);
  if (type instanceof z.ZodTuple)
    return `${type.def.items.length} values, each ${rangeOf(type.def.items[0] ?? z.any())}`;
  if (type instanceof z.ZodObject) return `{ ${Object.keys(type.shape).join(", ")} }`;
  return "of its kind";
}

/** Without what says only that it may be missing, or not be changed. */
export function unwrapped(type: z.core.$ZodType): z.core.$ZodType {
  const isShell =
    type instanceof z.ZodDefault ||
    type instanceof z.ZodOptional ||
    type instanceof z.ZodExactOptional ||
    type instanceof z.ZodReadonly;
  return isShell ? unwrapped(type.unwrap()) : type;
}

/** Of what a list holds. */
const several: Readonly<Record<string, string>> = {
  "a number": "numbers",
  "a text": "texts",
  "a text that is not empty": "texts that are not empty",
  "whole and positive": "whole positive numbers",
  "a whole number of at least 0": "whole numbers",
};

function list(type: z.ZodArray): string {
  const of = rangeOf(type.element);
  const items = several[of] ?? (type.element instanceof z.ZodNumber ? `numbers, each ${of}` : of);
  const least = bounds(type).find(({ check }) => check === "min_length");
  return least ? `a list of at least ${least.minimum === 1 ? "one" : least.minimum}: ${items}` : `a list of ${items}`;
}

interface Bound {
  readonly check: string;
  readonly value?: number;
  readonly inclusive?: boolean;
  readonly minimum?: number;
}

/** What a type was told beside its kind; zod keeps it for whoever asks. */
function bounds(type: z.core.$ZodType): readonly Bound[] {
  const { checks = [] } = type._zod.def;
  return checks.map(({ _zod }) => _zod.def as Bound);
}

function numbers(type: z.ZodNumber): string {
  const checks = bounds(type);
  const above = checks.filter(({ check }) => check === "greater_than").at(-1);
  const below = checks.filter(({ check }) => check === "less_than").at(-1);
  const isWhole = checks.some(({ check }) => check === "number_format");
  if (isWhole) return whole(above, below);
  if (above?.inclusive && below?.inclusive) return `between ${above.value} and ${below.value}`;
  if (above && below)
    return `in ${above.inclusive ? "[" : "("}${above.value}, ${below.value}${below.inclusive ? "]" : ")"}`;
  if (above) return `${above.inclusive ? "at least" : "greater than"} ${above.value}`;
  if (below) return `${below.inclusive ? "at most" : "less than"} ${below.value}`;
  return "a number";
}

function whole(above: Bound | undefined, below: Bound | undefined): string {
  const least = above && (above.inclusive ? above.value : (above.value ?? 0) + 1);
  if (below) return `a whole number from ${least ?? "any"} to ${below.value}`;
  if (least === 1) return "whole and positive";
  return least === undefined ? "a whole number" : `a whole number of at least ${least}`;
}
