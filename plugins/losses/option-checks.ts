/** Checks of options that several losses share. */
import { invalidOption } from "../../core/index.js";

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
