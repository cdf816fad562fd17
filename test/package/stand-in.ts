/** A package of the interface of `@tensorflow/tfjs-node-gpu`, which computes in plain JavaScript: the real one is 300 MB. */
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

/** Installed as any other package, beside fgkd, whose optional peer it is. */
export async function standIn({ put, addFolder }: InstalledProject): Promise<void> {
  const name = "@tensorflow/tfjs-node-gpu";
  const peerDependencies = { "@tensorflow/tfjs": "4" };
  await put("stand-in/package.json", JSON.stringify({ name, version: "4.22.0", main: "index.js", peerDependencies }));
  await put("stand-in/index.js", source);
  await addFolder(name, "stand-in");
}
