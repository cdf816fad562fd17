/** On the fastest engine that is here; families-golden.long.test.ts has the others. */
import { compareFamilies } from "./families-golden.js";
import { type GoldenEngine, goldenEngines } from "./golden.js";

// There is always one.
compareFamilies(goldenEngines.at(-1) as GoldenEngine);
