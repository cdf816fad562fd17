import { goldenEngines } from "./golden.js";
import { compareReferences, compareResnets } from "./resnet-golden.js";

compareReferences();
for (const engine of goldenEngines) compareResnets(engine);
