import { loadModel } from "../../../../core/index.js";
import { decodeImage, findImages } from "../../../../plugins/index.js";

const model = await loadModel("runs/dadkd-1", { roles: ["student"], testTime: "flip" });
for await (const { image, guesses, problem } of model.stream(findImages("photos"))) {
  if (problem === undefined) process.stdout.write(`${image}: ${guesses[0]?.label}\n`);
  else process.stderr.write(`${image}: ${problem}\n`);
}

// Pixels can be looked at, or changed, before they are given.
const { width, height, data } = await decodeImage("photo.jpg");
await model.predict([{ width, height, data: data.map((value) => 255 - value) }]);
await model.dispose();