/** On every engine but the fastest, which families-golden.test.ts runs. */
import { engineNames } from "../../support/engines.js";
import { compareFamilies } from "./families-golden.js";

for (const engine of engineNames.slice(0, -1)) compareFamilies(engine);
