/** A package of the interface of `@tensorflow/tfjs-node-gpu`, which computes in plain JavaScript: the real one is 300 MB. */
import { realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import type { InstalledProject } from "./installed.js";

/** As the real one: requiring it registers the backend `tensorflow` and its kernels, and makes it the active one. */
const source = `
const tf = require("@tensorflow/tfjs");
const cpu = tf.findBackendFactory("cpu");
tf.registerBackend("tensorflow", () => cpu(), 3);
for (const kernel of tf.getKernelsForBackend("cpu")) tf.registerKernel({ ...kernel, backendName: "tensorflow" });
tf.setBackend("tensorflow");
module.exports = { ...tf, version: { ...tf.version, "tfjs-node": "4.22.0" }, node: {} };
`;

/** Where a manager would put it: beside fgkd, whose optional peer it is. */
export async function standIn({ folder, installed, put }: InstalledProject): Promise<void> {
  const beside = join(await realpath(installed), "..", "@tensorflow/tfjs-node-gpu");
  const about = { name: "@tensorflow/tfjs-node-gpu", version: "4.22.0", main: "index.js" };
  const place = relative(await realpath(folder), beside);
  await put(join(place, "package.json"), JSON.stringify(about));
  await put(join(place, "index.js"), source);
}
