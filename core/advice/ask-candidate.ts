/** One pass of a teacher that may be taken over the images that will be trained on. */
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config/config.js";
import { countIn } from "../data/source.js";
import { evaluate } from "../evaluation/evaluate.js";
import type { Predict } from "../evaluation/test-time.js";
import type { PluginOption } from "../lifecycle/plugin.js";
import { shareOf } from "../measures/share.js";
import { createTopRatios } from "../measures/top-ratio.js";
import { matchClasses } from "../models/class-order.js";
import { openModels } from "../prediction/open-models.js";
import { corruptFile, invalidData } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import { need } from "../values/records.js";
import type { Candidate } from "./teachers.js";

export interface AskedCandidate {
  /** As one would type it. */
  readonly place: string;
  /** Of its weights, as a run exports them. */
  readonly file: string;
}

export interface AskingOptions {
  /** What will be trained on, as settings choose it. */
  readonly data: { readonly name: string };
  /** What registers the network, the source, engines. */
  readonly plugins: PluginOption;
  /** The engine that is started. Default: the run's, or `auto`; `null`: none, since one runs already. */
  readonly engine?: Config["engine"] | null;
  readonly logger: Logger;
}

/**
 * Images are seen as its own tests see them, one view of each.
 *
 * @throws what opening a model and its data throws; FGKD_CORRUPT_FILE for one of other classes, FGKD_INVALID_DATA where there is nothing
 *   to train on
 */
export async function askCandidate(
  { place, file }: AskedCandidate,
  { data, plugins, engine, logger }: AskingOptions,
): Promise<Candidate> {
  const layers = engine == null ? [] : [{ origin: "fgkd advise", config: { engine } }];
  const ensembler = { name: "mean-logits" };
  const opened = await openModels(file, { plugins, ensembler, layers, logger, startsEngine: engine !== null });
  try {
    const source = await opened.openData(data);
    try {
      if (countIn(source, "train") === 0)
        throw invalidData(data.name, "it has no image to train on", "Name a folder whose images are to be trained on.");
      const [{ model, role }] = opened.models as [(typeof opened.models)[number]];
      const match = matchClasses(source.classes, opened.classes);
      if ("problem" in match)
        throw corruptFile(
          file,
          match.problem,
          "Compare teachers that know the classes of the data, all of them and no others.",
        );
      const { order } = match;
      const predict: Predict = (batch) =>
        tf.tidy(() => {
          const logits = need({ logits: model.forward(batch, "eval").logits }, "logits", role);
          return order ? logits.gather([...order], 1) : logits;
        });
      const ratios = createTopRatios();
      const { batchSize, input } = opened.settings;
      const { perClass, images } = await evaluate(predict, source, {
        split: "train",
        batchSize,
        input,
        onBatch: ({ logits, images, classes }) => {
          for (let row = 0; row < images; row++) ratios.add(logits.subarray(row * classes, (row + 1) * classes));
        },
      });
      const right = perClass.reduce((sum, { correct }) => sum + correct, 0);
      return { place, top1: shareOf(right, images), ratio: ratios.result(), classes: source.classes.length };
    } finally {
      await source.close();
    }
  } finally {
    await opened.close();
  }
}
