/** A run that never was, of any number of classes: what its page says is worked out from it. */
import { measureAnswers, type ReportedRun, scoresOf, watchAnswers } from "../../../core/index.js";
import { createRandom } from "../../../core/values/random.js";

interface MadeUp {
  readonly name?: string;
  readonly classes: readonly string[];
  /** Of each class. Default 10. */
  readonly images?: number;
  /** How much the true class is preferred. Default 2. */
  readonly skill?: number;
  readonly picture?: string;
  readonly map?: string;
}

/** A grey square. */
export const square =
  "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI4IiBoZWlnaHQ9IjgiPjxyZWN0IHdpZHRoPSI4IiBoZWlnaHQ9IjgiIGZpbGw9IiM5OTkiLz48L3N2Zz4=";

export async function madeUpRun({ name = "runs/made-up-1", classes, images = 10, skill = 2, picture, map }: MadeUp) {
  const labels = Int32Array.from({ length: classes.length * images }, (_, at) => at % classes.length);
  const noise = createRandom(`made up ${classes.length}`).normals(labels.length * classes.length);
  const logits = noise.map((value, at) => {
    const [row, answer] = [Math.floor(at / classes.length), at % classes.length];
    const label = labels[row] as number;
    // A class is often taken for the next one.
    return value + (answer === label ? skill : answer === (label + 1) % classes.length ? skill / 2 : 0);
  });
  const scores = scoresOf(logits, labels, [...labels.keys()]);
  const [measured, watch] = [measureAnswers({ classes }), watchAnswers()];
  measured.add(scores);
  watch.add(scores);
  const measures = measured.result();
  const all = (of: string | undefined) => async (indices: readonly number[]) =>
    new Map(of === undefined ? [] : indices.map((index) => [index, of] as const));
  const examples = await watch.examples(measures, classes, {
    split: "test",
    about: (_, index) => ({ path: `/photos/${classes[labels[index] as number]}/${index}.jpg` }),
    pictures: all(picture),
    maps: async (indices) => ({ method: map === undefined ? null : "cam", maps: await all(map)(indices) }),
  });
  const epochs = Array.from({ length: 12 }, (_, epoch) => ({
    stage: "student",
    epoch,
    losses: { crossEntropy: 2 / (1 + epoch / 4), distillation: 1 / (1 + epoch) },
    metrics: { accuracy: 50 + 3 * epoch },
    learningRate: 0.01,
  }));
  const run: ReportedRun = {
    name,
    preset: { name: "made-up", summary: "a method that nobody wrote" },
    manifest: {
      fgkd: "0.1.0",
      node: "v20.0.0",
      engine: "wasm",
      preset: "made-up",
      seed: 7,
      classes,
      data: {},
      seconds: { student: 3725 },
      images: { student: 7450 },
    },
    stages: [
      {
        stage: "student",
        title: "the student",
        role: "student",
        epochs: 12,
        split: "test",
        accuracy: 81.5,
        meanOf: 3,
        best: 83,
        exported: "last",
        measured: { macroAccuracy: 80.25 },
        dataWait: 0.125,
      },
    ],
    history: epochs,
    models: [{ name: "student", backbone: "resnet18", parameters: 11_181_642, bytes: 44_800_000 }],
    images: { train: 300, test: 200 },
    peakMemory: 1_234_000_000,
    settings: [
      { path: "seed", value: 7, origin: "--seed" },
      { path: "batchSize", value: 16, origin: "default" },
      { path: "data.path", value: "/photos", origin: "--data" },
    ],
    answers: { model: "student", split: "test", testTime: null, measures, teacher: null, ...examples },
    warnings: [],
    advice: [],
    missing: [],
  };
  return run;
}

/** Kinds of a bird, each with a name of its own. */
export function kinds(number: number): readonly string[] {
  return Array.from(
    { length: number },
    (_, at) => `${String(at + 1).padStart(3, "0")}.Yellow_throated_Warbler_${at + 1}`,
  );
}
