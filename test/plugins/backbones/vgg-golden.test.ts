import { goldenEngines } from "./golden.js";
import { compareVgg } from "./vgg-golden.js";

for (const engine of goldenEngines) compareVgg(engine);
