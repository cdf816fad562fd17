/** Before each file: what its helpers leave is freed when it ends. See `leaving.ts`. */
import { afterAll, afterEach } from "vitest";
import { endFile, endTest, lookAfter } from "./leaving.js";

lookAfter();
afterEach(endTest);
afterAll(endFile);
