/** The format ONNX. */
import { readFileSync } from "node:fs";
import { readMetadata } from "../onnx/model-proto.js";
import { precisions } from "../onnx/precision.js";
import { writeOnnx } from "../onnx/write-onnx.js";
import { writeAtomically } from "../store/atomic.js";
import { version } from "../store/manifest.js";
import { asStorage } from "../store/storage.js";
import { exportMismatch } from "../values/export-errors.js";
import { taken } from "./answers.js";
import type { Exporter } from "./exporter.js";
import { loadOnnxRuntime } from "./onnx-runtime.js";

/**
 * One file. Its metadata have `fgkd`, all that is said of the model as JSON; `classes`, a list; `preprocessing`;
 * `calibration`, where it was calibrated; and `license`, where somebody said one.
 */
export const onnx: Exporter = {
  name: "onnx",
  extension: ".onnx",
  precisions,
  write: async ({ owner, graph, about, precision }, place) => {
    const metadata = {
      fgkd: JSON.stringify(about),
      classes: JSON.stringify(about.classes),
      preprocessing: JSON.stringify(about.preprocessing),
      ...(about.calibration && { calibration: JSON.stringify(about.calibration) }),
      ...(about.license !== undefined && { license: about.license }),
    };
    const options = { name: owner, producer: { name: "fgkd", version: version() }, metadata, precision };
    const { pieces } = writeOnnx(owner, graph, options);
    asStorage(place, () => writeAtomically(place, pieces));
  },
  open: async (place) => {
    const runtime = await loadOnnxRuntime(place);
    const file = readFileSync(place);
    const about = aboutIn(place, file);
    const session = await runtime.InferenceSession.create(file);
    return {
      about,
      answers: async (images) => {
        const [count, height, width, channels] = images.shape;
        const data = await taken(images.transpose([0, 3, 1, 2]));
        const given = new runtime.Tensor("float32", data, [count, channels, height, width]);
        const { logits, probabilities } = await session.run({ images: given });
        const [one, other] = [logits, probabilities].map((output) => Float32Array.from(output?.data ?? []));
        return { logits: one as Float32Array, probabilities: other as Float32Array };
      },
      close: () => session.release(),
    };
  },
};

function aboutIn(place: string, file: Uint8Array): unknown {
  try {
    return JSON.parse(readMetadata(file).fgkd ?? "");
  } catch {
    throw exportMismatch(place, "is no file of ONNX that fgkd wrote", "Export the model again.");
  }
}
