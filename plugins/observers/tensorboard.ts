/** Event files for TensorBoard, written while a run trains. */
import { z } from "zod";
import { definePlugin, describeOptions, type OptionsOf } from "../../core/index.js";
import { eventFile } from "./log/event-file.js";
import { followPace, numbersOf, timeOfDay } from "./log/numbers.js";

const name = "tensorboard";

const schema = z.object({
  folder: z.string().min(1).default("tensorboard").describe("Where they lie, below artifacts/; a folder a stage."),
});

export type TensorboardOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Plugins {
    tensorboard: TensorboardOptions;
  }
}

/**
 * After each epoch a file `artifacts/tensorboard/<stage>/events.out.tfevents.00007.fgkd` with its numbers, at the epoch, counted
 * from 1, as the step: `loss` and `loss/<term>`, `learning-rate`, `images-per-second` (tests left out), and every metric. TensorBoard
 * goes from file to file by their names, while the run goes on, too; each is whole from the moment it is there, and an epoch that
 * a resumed run takes again replaces its own.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_INVALID_NAME
 */
export const tensorboard = definePlugin<TensorboardOptions>({
  name,
  ...describeOptions(name, schema),
  apply(training, { folder }) {
    const { hooks, stage, artifacts } = training;
    const pace = followPace(training, name);
    hooks.epoch.tap(name, (report) => {
      const step = report.epoch + 1;
      const file = `${folder}/${stage}/events.out.tfevents.${String(step).padStart(5, "0")}.fgkd`;
      artifacts.write(file, eventFile([{ time: timeOfDay(), step, values: numbersOf(report, pace.speed) }]));
    });
  },
});
