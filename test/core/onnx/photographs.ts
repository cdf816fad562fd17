/** Real photographs, and exports of networks of published sizes that are compared on them. */
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { largest } from "../../../core/evaluation/scores.js";
import { onnx } from "../../../core/export/onnx.js";
import {
  createRandom,
  type Exporter,
  encodeSafetensors,
  exportModel,
  type Model,
  type Parity,
  type Precision,
  type Random,
} from "../../../core/index.js";
import { readMetadata } from "../../../core/onnx/model-proto.js";
import { catalogue } from "../../../plugins/index.js";

const folder = new URL("../../../../shared/data/grocery/test", import.meta.url).pathname;

/** For `isHere`. */
export const lacksPhotographs = existsSync(folder) ? null : `${folder} is not there`;

/** One hundred, five of each of twenty kinds of fruits and vegetables. */
export const photographs: readonly string[] = lacksPhotographs
  ? []
  : readdirSync(folder).flatMap((name) =>
      readdirSync(join(folder, name))
        .sort()
        .slice(0, 5)
        .map((file) => join(folder, name, file)),
    );

export const kinds: readonly string[] = lacksPhotographs ? [] : readdirSync(folder);

/** Others of a kind, to learn from. */
export function taught(kind: string, count: number): readonly string[] {
  const place = join(folder, "../train", kind);
  return readdirSync(place)
    .sort()
    .slice(0, count)
    .map((file) => join(place, file));
}

/** ImageNet's. */
export const statistics = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

/** Side of the images that a published network is for, where its name does not end with it. */
const sides: Readonly<Record<string, number>> = {
  efficientnet_b1: 240,
  efficientnet_b2: 260,
  efficientnet_b3: 300,
  efficientnet_b4: 380,
};

export function sideOf(name: string): number {
  if (name.startsWith("wrn")) return 32;
  if (name.endsWith("bit")) return 384;
  return sides[name] ?? (name.endsWith("384") ? 384 : 224);
}

interface Asked {
  /** As config has it. */
  readonly backbone: { readonly name: string };
  readonly side: number;
  readonly classes: readonly string[];
  readonly images: readonly string[];
  readonly precision?: Precision;
}

const table = createRandom(0).normals(65_521);
/** Weights of a hundred millions that cost no time: one list of normal numbers, again and again; no side of a weight is a part of its length. */
export const quick: Random = {
  ...createRandom(0),
  normals: (length) => {
    const drawn = new Float32Array(length);
    for (let at = 0; at < length; at += table.length) drawn.set(table.subarray(0, length - at), at);
    return drawn;
  },
};

/** What came of an export, and how much its answers say: networks that see no difference would agree in everything. */
export interface Compared extends Parity {
  /** The largest difference between the logits of two photographs for one class, of the logits' scale. */
  readonly spread: number;
  /** How many classes are the first of some photograph. */
  readonly first: number;
}

/**
 * Exports a network as a run's file of it is exported, to ONNX, compares it on photographs, and looks whether it carries its labels.
 * An engine must run. The network is freed.
 *
 * @throws FGKD_EXPORT_MISMATCH where the two are not near enough
 */
export async function exportedOn(model: Model, asked: Asked): Promise<Compared> {
  const { backbone, side, classes, images, precision } = asked;
  const home = mkdtempSync(join(tmpdir(), "fgkd-published-"));
  try {
    const input = { resize: Math.round(side / 0.875), fit: "shorter", crop: side, size: null, ...statistics };
    const file = join(home, "model.safetensors");
    await write(file, model, { role: "student", backbone, classes, input });
    model.parameters.dispose();
    const rows: Float32Array[] = [];
    const options = { plugins: catalogue(), engine: null, images, count: images.length, precision };
    const out = join(home, "model.onnx");
    const { parity } = await exportModel(file, { to: heard(rows, classes.length), out, ...options });
    expect(JSON.parse(readMetadata(readFileSync(out)).classes ?? "null")).toEqual(classes);
    return { ...(parity as Parity), ...variety(rows) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function write(file: string, model: Model, about: object): Promise<void> {
  const out = openSync(file, "w");
  try {
    const tensors = await model.parameters.export();
    for (const piece of encodeSafetensors({ tensors, metadata: { fgkd: JSON.stringify(about) } }))
      writeSync(out, piece);
  } finally {
    closeSync(out);
  }
}

/** ONNX; the logits of each photograph are kept. */
function heard(rows: Float32Array[], classes: number): Exporter {
  return {
    ...onnx,
    open: async (...call) => {
      const asked = await onnx.open(...call);
      const answers: typeof asked.answers = async (images) => {
        const said = await asked.answers(images);
        for (let at = 0; at < said.logits.length; at += classes) rows.push(said.logits.subarray(at, at + classes));
        return said;
      };
      return { ...asked, answers };
    },
  };
}

function variety(rows: readonly Float32Array[]): Pick<Compared, "spread" | "first"> {
  const [one = new Float32Array()] = rows;
  const spreads = Array.from(one, (_, label) => {
    const column = rows.map((row) => row[label] as number);
    return Math.max(...column) - Math.min(...column);
  });
  const scale = Math.max(...rows.map((row) => row.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
  return { spread: Math.max(...spreads) / scale, first: new Set(rows.map(largest)).size };
}
