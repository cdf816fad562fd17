import { defineConfig } from "../../../../core/index.js";
import { type ConfidencePenaltyOptions, confidencePenalty } from "./confidence-penalty.js";

declare module "../../../../core/index.js" {
  interface Plugins {
    "confidence-penalty": ConfidencePenaltyOptions;
  }
}

export default defineConfig({
  preset: "baseline",
  plugins: [confidencePenalty()],
  options: { "confidence-penalty": { weight: 0.05 } },
});