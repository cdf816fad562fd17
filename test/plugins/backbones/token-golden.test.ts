import { goldenEngines } from "./golden.js";
import { compareTokens } from "./token-golden.js";

for (const engine of goldenEngines) compareTokens(engine);
