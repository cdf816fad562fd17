/** Before each file: what its helpers leave is freed when it ends. See `leaving.ts`. */
import { afterAll, afterEach } from "vitest";
import { endFile, endTest } from "./leaving.js";

afterEach(endTest);
afterAll(endFile);
