/** Checks of options that several families of plugins share. */
import { invalidOption } from "../../core/index.js";

/** @throws FGKD_INVALID_OPTION unless the value is one of those allowed */
export function checkChoice(owner: string, option: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    throw invalidOption(owner, option, `one of ${allowed.join(", ")}`, value, "Choose one of them.");
}

/** @throws FGKD_INVALID_OPTION unless it is a list of whole numbers above 0, one for each stage */
export function checkLength(owner: string, option: string, values: readonly number[], stages: number): void {
  checkCounts(owner, option, values);
  if (values.length !== stages)
    throw invalidOption(
      owner,
      option,
      `a list of ${stages}, one for each stage`,
      values,
      '"depths" says how many stages there are.',
    );
}

/** @throws FGKD_INVALID_OPTION unless it is a list of whole numbers above 0 */
export function checkCounts(owner: string, option: string, values: readonly number[]): void {
  const proper =
    Array.isArray(values) && values.length > 0 && values.every((value) => Number.isInteger(value) && value > 0);
  if (!proper) throw invalidOption(owner, option, "whole and positive", values, "Use whole numbers from 1 on.");
}
/** @throws FGKD_INVALID_OPTION unless the temperature is a number greater than 0 */
export function checkTemperature(plugin: string, temperature: number): void {
  if (temperature > 0 && Number.isFinite(temperature)) return;
  throw invalidOption(plugin, "temperature", "greater than 0", temperature, "Try 4.");
}

/** @throws FGKD_INVALID_OPTION unless the weight of a term is a number of at least 0 */
export function checkWeight(plugin: string, option: string, weight: number): void {
  if (weight >= 0 && Number.isFinite(weight)) return;
  throw invalidOption(plugin, option, "at least 0", weight, "Try 1.");
}
