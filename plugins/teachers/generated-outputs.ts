/** What teacher and student say of the images that a generator is being trained to make. */
import { z } from "zod";
import { defineTeacher, describeOptions, need, type OptionsOf, type Outputs } from "../../core/index.js";
import { role } from "../layers/option-types.js";

const name = "generated-outputs";

declare module "../../core/index.js" {
  interface Outputs {
    /** The frozen teacher's outputs on `outputs.images`, inside the tape. */
    readonly byTeacher?: Outputs;
    /** The student's, likewise. */
    readonly byStudent?: Outputs;
  }
  interface Teachers {
    "generated-outputs": GeneratedOutputsOptions;
  }
}

const schema = z.object({
  teacher: role.default("teacher").describe("The role that teaches."),
  student: role.nullable().default("student").describe("null: there is no student to disagree with."),
  studentMode: z
    .enum(["batch-statistics", "eval"])
    .default("batch-statistics")
    .describe(
      "batch-statistics: the student works as in its own training, but its running averages stay; eval: by its running averages.",
    ),
});

export type GeneratedOutputsOptions = OptionsOf<typeof schema>;

/**
 * Runs the generated images through teacher (eval mode) and student, so that the losses listed after it can be led back
 * to the images. Neither is trained: the stage trains the generator.
 */
export const generatedOutputs = defineTeacher<GeneratedOutputsOptions>({
  name,
  ...describeOptions(name, schema),
  needs: ({ teacher, student }) => ({ models: student === null ? [teacher] : [teacher, student] }),
  create({ teacher, student, studentMode }, { models, training }) {
    training.hooks.forward.tap(name, (outputs): Outputs => {
      const images = need(outputs, "images", name, "It looks at what a generator makes.");
      const seen = { images, normalisation: outputs.normalisation };
      const byTeacher = models.get(teacher).forward(seen, "eval", { normInputs: true });
      if (student === null) return { ...outputs, byTeacher };
      return { ...outputs, byTeacher, byStudent: models.get(student).forward(seen, studentMode) };
    });
    return (batch) => batch;
  },
});

/**
 * @deprecated Called {@link generatedOutputs} now; goes with the next version.
 * @alias
 */
export const judges = generatedOutputs;
