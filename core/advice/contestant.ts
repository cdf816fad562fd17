/** What a model's run says of how it came about: by whom it was taught, with what mixed, beside which others it may be held. */
import type { FoundModel } from "../prediction/find-models.js";
import { isRecord } from "../values/unknown.js";
import type { Contestant, InputFacts } from "./facts.js";

type Origin = Omit<Contestant, "name" | "place" | "test" | "train">;

/**
 * @param found whose run has ended
 * @param teacher the role of the run that teaches others
 * @returns `null` of a model that no stage says anything of, and of one that was taught by others than the teacher
 */
export function originOf({ role, stage: settings }: FoundModel, stage: string, teacher: string): Origin | null {
  const models = settings?.models;
  if (!settings || !isRecord(models) || !Object.hasOwn(models, role) || typeof settings.epochs !== "number")
    return null;
  const isTaught = namesIn(settings.teachers).length > 0;
  if (isTaught && !Object.hasOwn(models, teacher)) return null;
  return {
    stage,
    part: isTaught ? "taught" : role === teacher ? "teacher" : "alone",
    network: JSON.stringify(models[role]),
    epochs: settings.epochs,
    mixes: namesIn(settings.augmenters),
  };
}

/** Whether its stage draws rare classes more often, or lets them count more. */
export function isBalanced({ stage }: FoundModel): boolean {
  const losses = Array.isArray(stage?.losses) ? stage.losses : [];
  const counts = losses.some((loss) => isRecord(loss) && ![undefined, null, "none"].includes(loss.balance as never));
  return counts || (isRecord(stage?.data) && stage.data.sampler === "balanced");
}

/** What its stage makes of pictures; `null` where a list of transforms does. */
export function inputOf({ role, stage }: FoundModel): InputFacts | null {
  const input = stage?.input;
  if (!isRecord(input) || isRecord(input.transforms)) return null;
  const { resize, crop } = input;
  if (typeof resize !== "number" || typeof crop !== "number") return null;
  const model = isRecord(stage?.models) ? stage.models[role] : undefined;
  const own = isRecord(model) && isRecord(model.input) ? model.input.size : null;
  return { role, resize, crop, size: typeof own === "number" ? own : null };
}

function namesIn(list: unknown): readonly string[] {
  const lines = Array.isArray(list) ? list : [];
  return lines.flatMap((line) =>
    isRecord(line) && typeof line.name === "string" && line.weight !== 0 ? [line.name] : [],
  );
}
