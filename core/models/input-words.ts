/** What is told of a model's input where its file and the settings do not say the same. */
import type { Normalisation } from "../values/records.js";
import type { PartialModelInput, Role } from "./model.js";

/** What each of them says of one model's input. */
export interface SaidOfInput {
  readonly settings: PartialModelInput | undefined;
  /** `undefined` where the file says nothing. */
  readonly file: PartialModelInput | undefined;
  /** Of the stage that the model is from, with the side of its images. */
  readonly home: Normalisation & { readonly size: number };
}

const parts = ["mean", "deviation", "size", "interpolation"] as const;

/**
 * A line for what the settings of this model override, and one for what its file says otherwise than the stage: the model
 * gets its own.
 *
 * @param path of the file
 */
export function inputWarnings(
  role: Role,
  path: string,
  { settings = {}, file = {}, home }: SaidOfInput,
): readonly string[] {
  const given = parts.filter((part) => file[part] != null);
  const overridden = given.filter((part) => settings[part] !== undefined && !isSame(settings[part], file[part]));
  const own = given.filter(
    (part) => part !== "interpolation" && settings[part] === undefined && !isSame(file[part], home[part]),
  );
  return [
    ...overridden.map(
      (part) =>
        `${role}: ${path} was made for a ${part} of ${shown(file[part])}, and models.${role}.input.${part} says ${shown(settings[part])}, which counts.`,
    ),
    ...own.map(
      (part) =>
        `${role}: ${path} was made for a ${part} of ${shown(file[part])}, and gets it; the stage's input has ${shown((home as PartialModelInput)[part])}. models.${role}.input.${part} would say otherwise.`,
    ),
  ];
}

/** A line for a file of which only its maker knows what it was made for; none where the settings say it. */
export function inputNotes(role: Role, path: string, { settings = {}, file, home }: SaidOfInput): readonly string[] {
  const unsaid = (["mean", "deviation"] as const).filter(
    (part) => file?.[part] === undefined && settings[part] === undefined,
  );
  if (unsaid.length === 0) return [];
  const given = unsaid.map((part) => `${part} ${shown(home[part])}`).join(", ");
  return [`${role}: ${path} does not say what input it is for; it gets the stage's: ${given}.`];
}

/** Files say numbers as somebody's JSON has them. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function shown(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : String(value);
}
