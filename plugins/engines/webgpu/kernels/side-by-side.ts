/** Several tensors in one run: each has workgroups of its own, one tensor's behind another's. */
import { mostGroups, type NumberField } from "../shader.js";
import { workgroup } from "./pointwise.js";

/** What a shader is told of each tensor, with its place behind the name: how much there is of it, and which workgroups it has. */
export const sideFields: readonly NumberField[] = ["size", "begin", "groups"].map((name) => ({ name, type: "u32" }));

/**
 * Shares out workgroups.
 *
 * @param sides of each tensor its `size`, and the workgroups that it could use
 * @returns of all `sideFields` the numbers, and the workgroups together
 */
export function sideBySide(sides: readonly { readonly size: number; readonly wanted: number }[]) {
  const numbers: Record<string, number> = {};
  let begin = 0;
  for (const [at, { size, wanted }] of sides.entries()) {
    const groups = Math.min(wanted, Math.floor(mostGroups / sides.length));
    for (const [name, value] of Object.entries({ size, begin, groups })) numbers[`${name}${at}`] = value;
    begin += groups;
  }
  return { numbers, groups: begin };
}

/** Done by the workgroups of one tensor alone. */
export function bySide(at: number, work: string): string {
  return `  if (group.x >= numbers.begin${at} && group.x < numbers.begin${at} + numbers.groups${at}) {
    ${work}
  }`;
}

/** Within `bySide`: each `i` as long as this holds, shared out among its threads. */
export function everyOf(at: number, holds: string, work: string): string {
  return `for (var i = (group.x - numbers.begin${at}) * ${workgroup}u + lane; ${holds}; i += numbers.groups${at} * ${workgroup}u) {
      ${work}
    }`;
}
