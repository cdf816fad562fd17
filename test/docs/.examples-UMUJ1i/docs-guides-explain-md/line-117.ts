import { loadExplainer } from "../../../../core/index.js";
import { encodePng, heatMapOver } from "../../../../plugins/index.js";
import { writeFile } from "node:fs/promises";

const explainer = await loadExplainer("runs/dadkd-1", { method: "grad-cam", roles: ["teacher", "student"] });
for await (const seen of explainer.stream(["photo.jpg"])) {
  if (seen.problem !== undefined) continue;
  for (const { role, answer, map } of seen.explanations) {
    process.stdout.write(`${role}: ${answer.label}\n`);
    await writeFile(`${role}.png`, await encodePng(heatMapOver(seen.picture, map.values)));
  }
}
await explainer.dispose();