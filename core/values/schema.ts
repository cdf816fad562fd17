/** Options that are described once: their types, ranges, defaults, words for what is wrong, JSON Schema and tables. */
import { z } from "zod";
import { invalidOption, unknownOption } from "./errors.js";
import { rangeOf, unwrapped } from "./range.js";

/** What options may be: one zod type for each, with `.default(…)` where it may be left out, and `.describe("…")`. */
export type OptionsSchema = z.ZodObject;

/** The options as a user gives them: those that have a default may be left out. */
export type OptionsOf<S extends OptionsSchema> = Given<z.input<S>>;

/** Homomorphic, so that what may be left out stays so; and left out is not the same as undefined. */
type Given<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

type OptionalKeys<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? K : never }[keyof T];

/** What a schema says in the words of an entry's or a plugin's definition. */
export interface Described<S extends OptionsSchema> {
  readonly schema: S;
  readonly defaults: Pick<Required<OptionsOf<S>>, OptionalKeys<OptionsOf<S>>>;
  readonly required: readonly (keyof OptionsOf<S> & string)[];
  check(options: object): void;
}

/**
 * Spread into a definition, it takes the place of `defaults`, `required` and `check`:
 *
 * @param owner who is named when an option is wrong: `cutmix`, `backbone resnet`
 * @example
 * const schema = z.object({ gamma: z.number().nonnegative().default(2).describe("Focus on what is hard.") });
 * export type FocalOptions = OptionsOf<typeof schema>;
 * export const focal = defineLoss<FocalOptions>({ name: "focal", ...describeOptions("focal", schema), create });
 */
export function describeOptions<S extends OptionsSchema>(owner: string, schema: S): Described<S> {
  const entries = Object.entries(schema.shape).map(([key, type]) => [key, z.safeParse(type, undefined)] as const);
  const required = entries.filter(([, parsed]) => !parsed.success).map(([key]) => key);
  const defaults = entries.filter(([, parsed]) => parsed.success).map(([key, { data = null }]) => [key, data]);
  return {
    schema,
    // By construction: the keys of the schema's own shape.
    defaults: Object.fromEntries(defaults) as Described<S>["defaults"],
    required: required as unknown as Described<S>["required"],
    check: (options) => checkOptions(owner, schema, options),
  };
}

/** @throws FGKD_INVALID_OPTION, FGKD_UNKNOWN_OPTION for the first option that is not as the schema says */
export function checkOptions(owner: string, schema: OptionsSchema, options: object): void {
  const issue = schema.safeParse(options).error?.issues[0];
  if (!issue) return;
  const path = issue.path.map(String);
  // Of a list all is shown, not one place in it.
  const place = issue.path.findIndex((key) => typeof key === "number");
  const named = place < 0 ? path : path.slice(0, place);
  const type = typeAt(schema, path);
  if (issue.code === "unrecognized_keys") throw unknownIn(owner, path, issue.keys[0] ?? "", type);
  const mustBe = issue.code === "custom" ? issue.message : rangeOf(type);
  throw invalidOption(owner, named.join("."), mustBe, valueAt(options, named), remedyFor(schema, path[0] ?? ""));
}

function unknownIn(owner: string, path: readonly string[], key: string, type: z.core.$ZodType): Error {
  const inner = unwrapped(type);
  const known = inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  const full = (name: string) => [...path, name].join(".");
  return unknownOption(owner, full(key), known.map(full));
}

function remedyFor(schema: OptionsSchema, option: string): string {
  const type = schema.shape[option];
  const parsed = type && z.safeParse(type, undefined);
  // A default that would be refused itself stands for none: such an option must be given.
  const stands = type && parsed?.success && z.safeParse(type, parsed.data).success;
  return stands ? `The default is ${JSON.stringify(parsed.data)}.` : "It has no default.";
}

/** The innermost type on the way that can still be named; what lies in a choice of several is named by the whole choice. */
function typeAt(schema: z.core.$ZodType, path: readonly string[]): z.core.$ZodType {
  const shell = unwrapped(schema);
  const outer = shell instanceof z.ZodNullable ? unwrapped(shell.unwrap()) : shell;
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  if (outer instanceof z.ZodObject && outer.shape[key]) return typeAt(outer.shape[key], rest);
  return schema;
}

function valueAt(options: object, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], options);
}
