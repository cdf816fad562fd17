import { smoothPenalty } from "./smooth-penalty.js";

try {
  smoothPenalty({ weight: -1 });
} catch (error) {
  console.log((error as Error).message);
}