/** Checks of options that several losses share. */
import { invalidOption, type Role } from "../../core/index.js";

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

/** @throws FGKD_INVALID_OPTION unless somebody teaches */
export function checkTeachers(plugin: string, teachers: readonly Role[]): void {
  if (teachers.length > 0) return;
  const remedy = "Leave the plugin out where nobody teaches.";
  throw invalidOption(plugin, "teachers", "a list of at least one role", teachers, remedy);
}
