/** Whether a model has seen test images before: where public weights come from ImageNet, as images of a data set do. */
import type { ModelSettings } from "../config/model-settings.js";
import type { Source } from "../data/source.js";
import type { Role } from "../models/model.js";
import type { Logger } from "../values/logger.js";
import type { WeightsFile } from "./weights-files.js";

/** As names of public weights have it: `imagenet`, `resnet50.a1_in1k`, `convnext_tiny.fb_in22k_ft_in1k`. */
const IMAGENET = /imagenet|_in(1|12|21|22)k\b|_in(1|12|21|22)k_/i;

/** One warning for each data set that says what it shares with ImageNet, where a model starts from ImageNet weights. */
export function tellOverlaps(
  sources: readonly Pick<Source, "overlaps">[],
  models: Readonly<Record<string, Pick<ModelSettings, "weights">>>,
  files: ReadonlyMap<Role, WeightsFile>,
  logger: Logger,
): void {
  const roles = Object.entries(models).flatMap(([role, { weights }]) => {
    const names = [weights ?? "", files.get(role)?.hub?.reference ?? ""];
    return names.some((name) => IMAGENET.test(name)) ? [role] : [];
  });
  if (roles.length === 0) return;
  const who = roles.length === 1 ? `${roles[0]} starts` : `${roles.join(", ")} start`;
  for (const overlap of new Set(sources.flatMap(({ overlaps = [] }) => overlaps)))
    logger.warn(`${overlap}: ${who} from ImageNet weights, so that accuracies are better than those on new images.`);
}
