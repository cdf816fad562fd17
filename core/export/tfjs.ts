/** The format of TensorFlow.js: a folder that `tf.loadGraphModel` reads. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { type Graph, sideOf } from "../graph/graph.js";
import { precisions } from "../onnx/precision.js";
import { writeAtomically, writeTextAtomically } from "../store/atomic.js";
import { asStorage } from "../store/storage.js";
import { taken } from "./answers.js";
import type { Exporter } from "./exporter.js";
import { tfGraph } from "./tfjs-graph.js";

const [topology, weightsFile] = ["model.json", "weights.bin"];

/**
 * `model.json` and `weights.bin`. Input `images`, `[batch, size, size, 3]`, pixels in [0, 1]; outputs under the graph's names, channels last. What is
 * said of the model is `userDefinedMetadata`, which `model.metadata` gives.
 */
export const tfjs: Exporter = {
  name: "tfjs",
  extension: "",
  precisions,
  write: async ({ owner, graph, about, precision }, place) => {
    const { nodes, weights, bytes } = tfGraph(owner, graph, precision);
    const model = {
      format: "graph-model",
      generatedBy: `fgkd ${about.version}`,
      convertedBy: null,
      signature: signatureOf(graph),
      modelTopology: { node: nodes, library: {}, versions: { producer: 1 } },
      weightsManifest: [{ paths: [weightsFile], weights }],
      userDefinedMetadata: about,
    };
    asStorage(place, () => {
      mkdirSync(place);
      writeAtomically(join(place, weightsFile), bytes);
      writeTextAtomically(join(place, topology), JSON.stringify(model));
    });
  },
  open: async (place) => {
    const model = await tf.loadGraphModel({ load: async () => artifactsIn(place) });
    return {
      about: model.metadata,
      answers: async (images) => {
        // Two outputs by their names are two tensors.
        const [logits, probabilities] = tf.tidy(
          () => model.execute(images, ["logits", "probabilities"]) as [tf.Tensor, tf.Tensor],
        );
        return { logits: await taken(logits), probabilities: await taken(probabilities) };
      },
      close: async () => model.dispose(),
    };
  },
  loader: (place) => `import * as tf from "@tensorflow/tfjs";

// As a server has ${place}:
const model = await tf.loadGraphModel("model.json");
const { classes, preprocessing } = model.metadata;
const probabilities = model.execute(images, "probabilities"); // images: [batch, ${"size, size"}, 3], in [0, 1]
`,
};

function signatureOf({ input, outputs, values }: Graph) {
  const port = (name: string, value: string) => ({
    name: `${name}:0`,
    dtype: "DT_FLOAT",
    tensorShape: {
      dim: (values.get(value)?.shape ?? []).map((count) => ({ size: String(sideOf(count)) })),
    },
  });
  return {
    inputs: { [input]: port(input, input) },
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, port(name, value)])),
  };
}

function artifactsIn(place: string): tf.io.ModelArtifacts {
  const model = JSON.parse(readFileSync(join(place, topology), "utf8"));
  const { buffer, byteOffset, byteLength } = readFileSync(join(place, weightsFile));
  return {
    ...model,
    weightSpecs: model.weightsManifest[0].weights,
    weightData: buffer.slice(byteOffset, byteOffset + byteLength),
  };
}
