/** Makes plugins/transforms/pixels/resample-module.ts of resample.wat. */
import { readFileSync } from "node:fs";
import wabt from "wabt";

const place = (file: string) => new URL(`../../plugins/transforms/pixels/${file}`, import.meta.url);

/** Where the text of the module belongs. */
export const modulePlace = place("resample-module.ts");

/** The compiled module as a source file; throws where the text is not WebAssembly. */
export async function moduleText(): Promise<string> {
  const module = (await wabt()).parseWat("resample.wat", readFileSync(place("resample.wat")), { simd: true });
  module.resolveNames();
  module.validate();
  const bytes = Buffer.from(module.toBinary({}).buffer).toString("base64");
  return [
    "/** resample.wat, compiled by `npm run wat`: a test says whether it is. */",
    "export const resampleModule =",
    `  "${bytes}";`,
    "",
  ].join("\n");
}
