/** What the values of options must be. */
import { InvalidArgumentError } from "commander";

export function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`);
    return value;
  };
}

/** A share of a whole: from 0 to 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) throw new InvalidArgumentError("It must be from 0 to 1.");
  return value;
}

/** More than nothing, less than all. */
export function properShare(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && value < 1))
    throw new InvalidArgumentError("It must be a number between 0 and 1, such as 0.05.");
  return value;
}

/** Any number above 0. */
export function above(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError("It must be a number above 0, such as 0.001.");
  return value;
}

/** A number of the list of `fgkd doctor`, or a part of a name. */
export function device(text: string): number | string {
  if (text.trim() === "")
    throw new InvalidArgumentError("It must be a number, or a part of a name: fgkd doctor has both.");
  return /^\d+$/.test(text) ? Number(text) : text;
}
