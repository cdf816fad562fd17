/** On the fastest engine that is here; families-golden.long.test.ts has the others. */
import { engineNames } from "../../support/engines.js";
import { compareFamilies } from "./families-golden.js";

// There is always one.
compareFamilies(engineNames.at(-1) as (typeof engineNames)[number]);
