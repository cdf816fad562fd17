// restarts.ts
import { definePresetWithOptions } from "../../../../core/index.js";
import { crossEntropy, engines, optimizers, resnet, sources } from "../../../../plugins/index.js";

export const restarts = definePresetWithOptions<{ readonly times?: number }>({
  name: "restarts",
  summary: "the same student, from several beginnings",
  defaults: { times: 3 },
  create: ({ times }) => {
    const roles = Array.from({ length: times }, (_, index) => `student-${index + 1}`);
    return {
      plugins: [engines(), sources(), optimizers(), resnet()],
      stages: Object.fromEntries(roles.map((role) => [role, { trains: role, plugins: [crossEntropy()] }])),
      defaults: {
        data: { name: "birds" },
        models: Object.fromEntries(roles.map((role) => [role, { backbone: { name: "resnet18" } }])),
      },
    };
  },
});