import { describe } from "vitest";
import { onednnEngine } from "../../../../plugins/engines/onednn.js";
import { testRepeating } from "../../../support/repeated.js";
import { available } from "./both.js";

describe.skipIf(!available)("in bf16, passes that are run again without their layers", () => {
  testRepeating(() => onednnEngine({ precision: "bf16", threads: 1 }));
});
