/** Writing into a box of each image. */
import type { Addon } from "../addon.js";
import { type Call, floatKernel, input, type NamedKernel } from "../kernel.js";

export function replaceBoxKernels(addon: Addon): NamedKernel[] {
  return [floatKernel("FgkdReplaceBox", (call) => replaceBox(addon, call), fits)];
}

function fits(call: Call): boolean {
  const [images, content] = [input(call, "images").shape, input(call, "content").shape];
  const place = placeOf(call);
  return content.every((size, axis) => (place[axis] as number) + size <= (images[axis] as number));
}

function placeOf({ attrs }: Call): number[] {
  return [0, attrs.top as number, attrs.left as number, 0];
}

function replaceBox(addon: Addon, call: Call) {
  const { backend } = call;
  const [images, content] = [input(call, "images"), input(call, "content")];
  const y = backend.output(images.shape, "float32");
  const values = backend.values(y);
  addon.cast(backend.values(images), values);
  const place = Int32Array.from(placeOf(call));
  addon.insert(backend.values(content), values, Int32Array.from(content.shape), place, Int32Array.from(images.shape));
  return y;
}
