/** Compiles resample.wat: `npm run wat`. */
import { writeFileSync } from "node:fs";
import { modulePlace, moduleText } from "./wat.js";

writeFileSync(modulePlace, await moduleText());
