/** On every engine but the fastest, which families-golden.test.ts runs. */
import { compareFamilies } from "./families-golden.js";
import { goldenEngines } from "./golden.js";

for (const engine of goldenEngines.slice(0, -1)) compareFamilies(engine);
