/** What a run offers to everything that is registered or applied in it. */

import type { Models } from "../models/model.js";
import type { Artifacts } from "../values/artifacts.js";
import type { Logger } from "../values/logger.js";
import type { RandomStreams } from "../values/random.js";

/** Services of a run, injectable by token. */
export interface Services {
  readonly random: RandomStreams;
  readonly logger: Logger;
  readonly models: Models;
  /** Names of the classes, in label order. Filled once the data is open, so read it when a model is made. */
  readonly classes: readonly string[];
  /** Where plugins leave files in the run folder; kept nowhere when there is none. */
  readonly artifacts: Artifacts;
}
