/** The tables of "Data Augmentation Guided Decouple Knowledge Distillation for Low-Resolution Fine-Grained Image Classification". */
import type { PublishedColumn, PublishedFigure, PublishedRun, PublishedTable } from "../../core/index.js";
import { figures, setColumns, sets } from "./columns.js";

const networks = ["18", "34", "50", "101"] as const;

/** Each set with each network. */
function networkColumns(name: keyof typeof sets): readonly PublishedColumn[] {
  return networks.map((depth) => ({
    name: `${name}-r${depth}`,
    title: `${sets[name]}, ResNet-${depth}`,
    data: name,
    network: { "models.student.backbone": { name: `resnet${depth}` } },
  }));
}

/** A teacher begins with what its student begins with. */
const weights = { "models.student.weights": "imagenet" };

/** Trained once, at high resolution, for every row that learns from it. */
const shared = { teacher: { preset: "kd", settings: { "stages.student.enabled": false }, weights, stage: "teacher" } };
const teacher = "teacher";

/** What the method comes to, without the row beside it. */
const whole: PublishedRun = { preset: "dadkd", settings: { "stages.baseline.enabled": false }, weights, teacher };

const comparedColumns = setColumns("cub", "cars", "aircraft");

const table1: PublishedTable = {
  name: "table1",
  title: "DADKD, table 1: accuracy on images of 128 pixels, beside other methods",
  columns: comparedColumns,
  baseline: "resnet50",
  shared: {
    "teacher-50": { ...shared.teacher, network: depth(50) },
    "teacher-101": { ...shared.teacher, network: depth(101) },
  },
  rows: [
    others("MC-loss (VGG)", 79.19, 84.56, 80.41),
    others("MC-loss (ResNet-50)", 74.81, 76.48, 82.31),
    others("PCA-Net", 65.3, 67.96, 70.62),
    others("PMG", 60.21, 64.53, 62.13),
    others("Inception-v3, 299 pixels", 66.12, 81.97, 72.12),
    others("API-Net", 68.67, 74.81, 63.91),
    others("MG", 63.55, 70.01, 67.39),
    {
      name: "resnet50",
      title: "ResNet-50",
      published: figures(comparedColumns, 66.4, 69.25, 58.44),
      beside: { best: "66.76 / 69.34 / 58.62" },
      made: { preset: "baseline", weights, network: depth(50) },
    },
    {
      name: "resnet101",
      title: "ResNet-101",
      published: figures(comparedColumns, 67.67, 72.35, 64.91),
      beside: { best: "67.88 / 72.51 / 65.11" },
      made: { preset: "baseline", weights, network: depth(101) },
    },
    {
      name: "dadkd-resnet50",
      title: "ResNet-50 with DADKD",
      published: figures(comparedColumns, 78.22, 87.74, 72.63),
      beside: { best: "78.31 / 87.90 / 72.87" },
      made: { ...whole, network: depth(50), teacher: "teacher-50" },
    },
    {
      name: "dadkd-resnet101",
      title: "ResNet-101 with DADKD",
      published: figures(comparedColumns, 80.33, 88.19, 78.98),
      beside: { best: "80.46 / 88.31 / 79.11" },
      baseline: "resnet101",
      made: { ...whole, network: depth(101), teacher: "teacher-101" },
    },
  ],
};

function depth(layers: number) {
  return { "models.student.backbone": { name: `resnet${layers}` } };
}

function others(title: string, ...values: readonly number[]) {
  const name = title
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return { name, title, published: figures(comparedColumns, ...values) };
}

const everyColumn = [...networkColumns("cub"), ...networkColumns("aircraft"), ...networkColumns("cars")];

const table2: PublishedTable = {
  name: "table2",
  title: "DADKD, tables 2 and 3: what each part is worth, by network",
  columns: everyColumn,
  baseline: "baseline",
  shared,
  rows: [
    {
      name: "baseline",
      title: "baseline",
      published: figures(
        everyColumn,
        59.44,
        62.79,
        66.4,
        67.67,
        50.22,
        52.41,
        58.44,
        64.91,
        60.58,
        64.73,
        69.25,
        72.35,
      ),
      made: { preset: "baseline", weights },
    },
    {
      name: "snapmix",
      title: "SnapMix",
      published: figures(
        everyColumn,
        65.41,
        66.63,
        71.32,
        73.04,
        59.71,
        61.32,
        63.87,
        69.29,
        71.68,
        77.45,
        81.54,
        83.16,
      ),
      slip: "the gains printed for ResNet-101 are 5.34 on CUB and 10.08 on Cars; the accuracies make them 5.37 and 10.81.",
      made: { preset: "snapmix", weights },
    },
    {
      name: "kd",
      title: "KD",
      published: figures(
        everyColumn,
        62.81,
        65.52,
        71.14,
        72.71,
        53.67,
        55.89,
        58.22,
        64.68,
        61.02,
        65.12,
        72.33,
        75.42,
      ),
      slip: "the gains printed are 4.47 for ResNet-50 on CUB and −0.31 for ResNet-101 on Aircraft; the accuracies make them 4.74 and −0.23.",
      made: { preset: "kd", weights, teacher },
    },
    {
      name: "dkd",
      title: "DKD",
      published: figures(
        everyColumn,
        71.31,
        67.83,
        75.92,
        76.38,
        58.63,
        59.67,
        62.13,
        68.01,
        75.97,
        79.63,
        84.94,
        85.69,
      ),
      slip: "on CUB ResNet-34 stands below ResNet-18; table 5 has 71.28 for the latter.",
      made: { preset: "dkd", weights, teacher },
    },
    {
      name: "dadkd",
      title: "DADKD",
      published: figures(
        everyColumn,
        73.31,
        69.9,
        78.22,
        80.33,
        65.61,
        68.52,
        72.63,
        78.98,
        80.61,
        85.34,
        87.74,
        88.19,
      ),
      slip: "the text has a gain of 13.78 for ResNet-18 on CUB; the accuracies make it 13.87. On CUB ResNet-34 stands below ResNet-18.",
      made: whole,
    },
  ],
};

const shares = ["2:8", "3:7", "4:6", "5:5"] as const;

const table4: PublishedTable = {
  name: "table4",
  title: "DADKD, table 4: the share of soft labels, and their temperature (CUB, ResNet-18)",
  columns: shares.map((share) => ({
    name: share.replace(":", "-"),
    title: `soft : hard = ${share}`,
    data: "cub",
    network: { "models.student.backbone": { name: "resnet18" } },
    settings: { "options.dadkd.softShare": Number(share[0]) / 10 },
  })),
  // The temperature that the paper chose.
  baseline: "t3",
  shared,
  rows: (
    [
      [3, 72.8, 73.3, 71.3, 68.2],
      [5, 72.9, 73.1, 71.6, 67.9],
      [7, 72.6, 72.8, 71.2, 67.8],
    ] as const
  ).map(([temperature, ...values]) => ({
    name: `t${temperature}`,
    title: `T = ${temperature}`,
    published: Object.fromEntries(shares.map((share, at) => [share.replace(":", "-"), values[at] as number])),
    made: { ...whole, settings: { ...whole.settings, "options.decoupled-distillation.temperature": temperature } },
  })),
};

const labelsAlone = { "options.dadkd.softShare": 0 };

const [cub18] = networkColumns("cub") as [PublishedColumn];

const table5: PublishedTable = {
  name: "table5",
  title: "DADKD, table 5: with and without each of its two parts",
  columns: [cub18],
  baseline: "none",
  shared,
  rows: [
    { name: "none", title: "neither", published: figures([cub18], 59.44), made: { preset: "baseline", weights } },
    {
      name: "augmentation",
      title: "augmentation module alone",
      published: figures([cub18], 68.41),
      slip: "with channel attention; table 2's SnapMix, 65.41, is without.",
      made: { ...whole, settings: { ...whole.settings, ...labelsAlone } },
    },
    {
      name: "distillation",
      title: "distillation module alone",
      published: figures([cub18], 71.28),
      slip: "table 2 has 71.31 for the same.",
      made: { ...whole, settings: { ...whole.settings, "stages.student.augmenters": [] } },
    },
    { name: "both", title: "both", published: figures([cub18], 73.31), made: whole },
  ],
};

export const dadkdTables: readonly PublishedTable[] = [table1, table2, table4, table5];

export const dadkdFigures: readonly PublishedFigure[] = [
  {
    name: "fig2",
    title: "DADKD, figure 2: where the students of KD, DKD and DADKD look",
    published: "KD, DKD and DADKD side by side, on one image.",
    table: "table2",
    column: "cub-r50",
    rows: ["kd", "dkd", "dadkd"],
    method: "grad-cam",
  },
];
