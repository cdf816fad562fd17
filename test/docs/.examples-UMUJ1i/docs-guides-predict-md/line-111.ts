import { loadModel } from "../../../../core/index.js";

const model = await loadModel("runs/dadkd-1");
for (const said of await model.answer(["photo.jpg"])) {
  if (said.kind === "unknown") process.stdout.write("unknown\n");
  else process.stdout.write(`${said.kind === "rank" ? said.rank : "class"} ${said.label}\n`);
}
await model.dispose();