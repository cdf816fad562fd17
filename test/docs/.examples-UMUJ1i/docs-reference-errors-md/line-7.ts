import { createTraining, FgkdError } from "../../../../core/index.js";
import { logitDistillation } from "../../../../plugins/index.js";

try {
  createTraining({ plugins: [logitDistillation({ temperature: -4 })] });
} catch (error) {
  if (error instanceof FgkdError) console.log(error.code);
}