import { describe } from "vitest";
import { onednnEngine } from "../../../../plugins/engines/onednn.js";
import { testRepeating } from "../../../support/repeated.js";
import { available } from "./both.js";

describe.skipIf(!available)("with images in blocks, passes that are run again without their layers", () => {
  testRepeating(() => onednnEngine({ layout: "blocked", threads: 1 }));
});
