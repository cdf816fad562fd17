/** Numbers and buffers of a shader, by their names alone. */
import type { NumberField, Shader } from "../shader.js";

export function whole(...names: string[]): NumberField[] {
  return names.map((name) => ({ name, type: "u32" }));
}

export function floats(...names: string[]): Shader["reads"] {
  return names.map((name) => ({ name, element: "f32" }));
}

export const epsilonField: NumberField = { name: "epsilon", type: "f32" };
