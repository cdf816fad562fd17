/** The format of PyTorch: weights under public names, with what a loader needs. */
import * as tf from "@tensorflow/tfjs";
import { openTensorFile } from "../formats/open-tensor-file.js";
import { inUnits } from "../graph/trace.js";
import { bytesOf } from "../onnx/emitter.js";
import { halves } from "../onnx/precision.js";
import { writeAtomically } from "../store/atomic.js";
import { calibrationEntry } from "../store/calibrated-file.js";
import { asStorage } from "../store/storage.js";
import { exportMismatch, notExportable } from "../values/export-errors.js";
import type { NamedArray } from "../values/named-array.js";
import { isRecord } from "../values/unknown.js";
import type { ExportAbout } from "./about.js";
import { answerInPython } from "./answer-in-python.js";
import { logitsOf, taken } from "./answers.js";
import type { Exporter } from "./exporter.js";
import { type PickledTensor, PickledTensors, pickle } from "./pickle-writer.js";
import { longestArchive, zipped } from "./zip-writer.js";

/**
 * One file, a dictionary: `state_dict`; `backbone`, the network's name; `classes`; `preprocessing`, as JSON; `calibration`, as JSON, where it was calibrated; `license`, where somebody said one;
 * `fgkd`, what the run says of the model, so that fgkd reads the file as it reads a run's own; and `export`, what is said beyond that. Nothing but plain data and tensors, which `torch.load(weights_only=True)` reads.
 */
export const torch: Exporter = {
  name: "torch",
  extension: ".pt",
  precisions: ["fp32", "fp16"],
  write: async ({ owner, model, about, precision }, place) => {
    const files: (readonly [string, Uint8Array])[] = [];
    const tensors = new Map<string, PickledTensor>();
    for (const [name, array] of await model.parameters.export()) {
      const key = String(tensors.size);
      const { storage, data } = stored(array, precision === "fp16");
      tensors.set(name, { key, storage, shape: array.shape });
      files.push([`model/data/${key}`, data]);
    }
    const { model: said, classes: _, calibration, ...beyond } = about;
    const content = {
      state_dict: new PickledTensors(tensors),
      backbone: isRecord(said.backbone) ? String(said.backbone.name) : "",
      classes: about.classes,
      preprocessing: JSON.stringify(about.preprocessing),
      ...(calibration && {
        calibration: JSON.stringify(calibration),
        [calibrationEntry]: JSON.stringify([calibration]),
      }),
      ...(about.license !== undefined && { license: about.license }),
      fgkd: JSON.stringify(said),
      export: JSON.stringify(beyond),
    };
    const pieces = zipped([["model/data.pkl", pickle(content)], ["model/version", Buffer.from("3\n")], ...files]);
    if (pieces.reduce((sum, { length }) => sum + length, 0) > longestArchive)
      throw notExportable(owner, "has more than 4 GiB of weights", "Its safetensors file is read by PyTorch, too.");
    asStorage(place, () => writeAtomically(place, pieces));
  },
  open: async (place, { model }) => {
    const file = openTensorFile(place);
    const twin = model.parameters.twin();
    twin.import(file.read());
    return {
      about: aboutIn(place, file.metadata),
      answers: async (images) => {
        const batch = { images, normalisation: inUnits };
        return { logits: await taken(tf.tidy(() => model.parameters.lend(twin, () => logitsOf(model, batch)))) };
      },
      close: async () => twin.dispose(),
    };
  },
  loader,
};

function stored({ data }: NamedArray, isHalf: boolean) {
  if (data instanceof BigInt64Array) return { storage: "LongStorage", data: bytesOf(data) } as const;
  if (isHalf) return { storage: "HalfStorage", data: bytesOf(halves(data)) } as const;
  return { storage: "FloatStorage", data: bytesOf(data) } as const;
}

function aboutIn(place: string, { export: beyond }: Readonly<Record<string, string>>): unknown {
  if (beyond === undefined) throw exportMismatch(place, "says nothing of its model", "Export it again.");
  return JSON.parse(beyond);
}

/** A few lines of Python; of a calibrated model with what makes an answer of its logits. */
function loader(place: string, { calibration }: ExportAbout): string {
  return `import json, torch, torchvision

def load(path):
    said = torch.load(path, map_location="cpu", weights_only=True)
    try:
        model = torchvision.models.get_model(said["backbone"], num_classes=len(said["classes"]))
    except ValueError:  # not torchvision's
        import timm
        model = timm.create_model(said["backbone"], num_classes=len(said["classes"]))
    model.load_state_dict(said["state_dict"])
    calibration = json.loads(said.get("calibration", "null"))
    return model.eval(), said["classes"], json.loads(said["preprocessing"]), calibration

model, classes, preprocessing, calibration = load(${JSON.stringify(place)})
${calibration ? `\n${answerInPython}` : ""}`;
}
