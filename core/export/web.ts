/** A folder with one page that classifies pictures in a browser. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import type { Graph, GraphNode } from "../graph/graph.js";
import { inUnits, pixels } from "../graph/trace.js";
import type { Model } from "../models/model.js";
import { writeTextAtomically } from "../store/atomic.js";
import { asStorage } from "../store/storage.js";
import { notExportable } from "../values/export-errors.js";
import { logitsOf, taken } from "./answers.js";
import type { Exporter } from "./exporter.js";
import { tfjs } from "./tfjs.js";
import { webPage } from "./web-page.js";
import { webScript } from "./web-script.js";

/** What the page loads beside its own script, from its own folder. */
const libraries: readonly string[] = [
  "@tensorflow/tfjs/dist/tf.min.js",
  "@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js",
  "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm",
  "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
];

/** By precision, what a browser's answer may differ by, of the logits' scale. */
const tolerances = { fp32: 1e-3, fp16: 2e-2, int8: 0.2 } as const;

/**
 * Any server of files can serve it, and nothing is loaded from elsewhere: `index.html`, its script, TensorFlow.js, `model/` as `tfjs` writes it, and
 * `about.json`. Where the network has a linear classifier on pooled maps, the page shows where on the picture the first class is seen
 * ("Learning Deep Features for Discriminative Localization", 2016).
 */
export const web: Exporter = {
  name: "web",
  extension: "",
  precisions: tfjs.precisions,
  write: async (subject, place) => {
    const { owner, model, about } = subject;
    if (about.preprocessing.transforms)
      throw notExportable(
        owner,
        "its pictures are made by input.transforms.test, which the page does not have",
        "Export it to onnx or tfjs, or train with input.resize, input.fit and input.crop.",
      );
    const graph = await withMaps(subject.graph, model);
    asStorage(place, () => mkdirSync(place));
    await tfjs.write({ ...subject, graph }, join(place, "model"));
    const known = await knownAnswer(model, about.preprocessing.size);
    const said = { ...about, hasMaps: graph !== subject.graph, known, tolerance: tolerances[subject.precision] };
    const title = `${about.classes.length} classes`;
    const license = about.license === undefined ? "" : ` License: ${about.license}.`;
    const { resolve } = createRequire(import.meta.url);
    asStorage(place, () => {
      for (const library of libraries) copyFileSync(resolve(library), join(place, basename(library)));
      writeTextAtomically(join(place, "about.json"), JSON.stringify(said));
      writeTextAtomically(join(place, "page.js"), webScript);
      writeTextAtomically(join(place, "index.html"), webPage(title, `Made with fgkd ${about.version}.${license}`));
    });
  },
  open: async (place, subject) => {
    const asked = await tfjs.open(join(place, "model"), subject);
    // What the page goes by.
    return { ...asked, about: JSON.parse(readFileSync(join(place, "about.json"), "utf8")) };
  },
  loader: (place) => `npx http-server ${place}    # or any other server of files\n`,
};

/** One more output, `maps`, `[batch, height, width, classes]`: the classifier at each place of the last map. */
async function withMaps(graph: Graph, { classifier }: Model): Promise<Graph> {
  const { features } = graph.outputs;
  const [, height, width, channels] = features === undefined ? [] : (graph.values.get(features)?.shape ?? []);
  if (!classifier || features === undefined || classifier.weight.shape[0] !== channels) return graph;
  const classes = classifier.weight.shape[1];
  const data = Float32Array.from(await classifier.weight.data());
  const places = { perImage: Number(height) * Number(width) };
  const shapes = {
    "maps.places": [places, channels],
    "maps.products": [places, classes],
    maps: [{ perImage: 1 }, height as number, width as number, classes],
  };
  const nodes: readonly GraphNode[] = [
    { kernel: "Reshape", inputs: { x: features }, attributes: {}, outputs: ["maps.places"] },
    {
      kernel: "BatchMatMul",
      inputs: { a: "maps.places", b: "maps.classifier" },
      attributes: { transposeA: false, transposeB: false },
      outputs: ["maps.products"],
    },
    { kernel: "Reshape", inputs: { x: "maps.products" }, attributes: {}, outputs: ["maps"] },
  ];
  const values = Object.entries(shapes).map(([name, shape]) => [name, { shape, type: "float32" }] as const);
  return {
    ...graph,
    outputs: { ...graph.outputs, maps: "maps" },
    nodes: [...graph.nodes, ...nodes],
    values: new Map([...graph.values, ...values]),
    constants: new Map([...graph.constants, ["maps.classifier", { shape: classifier.weight.shape, data }]]),
  };
}

/** The logits of pixels that the page makes in the same way: see `isRight` there. */
async function knownAnswer(model: Model, size: number): Promise<readonly number[]> {
  const logits = tf.tidy(() => logitsOf(model, { images: pixels(1, size), normalisation: inUnits }));
  return Array.from(await taken(logits));
}
