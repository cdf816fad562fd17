/** The tables of "Knowledge Transfer Based Fine-Grained Visual Classification". */
import type { PublishedColumn, PublishedFigure, PublishedRun, PublishedTable } from "../../core/index.js";
import { figures, setColumns } from "./columns.js";

const columns = setColumns("cub", "cars", "aircraft");
const measure = "ensembleAccuracy";

/** Every member starts from them. */
const weights = { "options.or-ensemble.weights": "imagenet" };
const plainWeights = { "options.ensemble.weights": "imagenet" };

/** From scratch blocks begin as nothing: else later members would see values of earlier ones, in their first epoch, that no float holds. */
const gentle = { name: "resnet50", zeroInitResidual: true };
const scratch = { "options.or-ensemble.backbone": gentle };
const plainScratch = { "options.ensemble.backbone": gentle };

function others(name: string, title: string, ...values: readonly (number | null)[]) {
  return { name, title, published: figures(columns, ...values) };
}

const table1: PublishedTable = {
  name: "table1",
  title: "OR-ensemble, table 1: accuracy beside other methods",
  columns,
  rows: [
    others("vgg19", "VGG19, fine-tuned", 77.8, 84.9, 84.8),
    {
      ...others("resnet50", "ResNet-50, fine-tuned", 84.1, 91.7, 88.5),
      here: "the ensemble's first member, which learns by cross-entropy alone.",
      made: { preset: "or-ensemble", weights, scratch, stage: "member-1" },
    },
    others("ka", "KA", 85.3, 91.7, 88.3),
    others("kp", "KP", 86.2, 92.4, 86.9),
    others("ma-cnn", "MA-CNN", 86.5, 92.8, 89.9),
    others("ra-cnn", "RA-CNN", 85.3, 92.5, null),
    others("dfl-cnn", "DFL-CNN", 87.4, 93.1, 91.7),
    others("nts-net", "NTS-Net", 87.5, 93.9, 91.4),
    others("tasn", "TASN", 87.9, 93.8, null),
    others("mc-loss", "MC-Loss", 87.3, 93.7, 92.6),
    others("pma", "PMA", 87.5, 93.1, 90.8),
    {
      ...others("or-vgg16", "OR-ensemble of VGG16", 86.2, 91.9, 90.5),
      slip: "the gains that the text gives, 8.4, 7 and 5.7, are over VGG19.",
      baseline: "vgg19",
      made: {
        preset: "or-ensemble",
        network: { "options.or-ensemble.backbone": { name: "vgg16_bn" } },
        weights,
        measure,
      },
    },
    {
      ...others("or-resnet50", "OR-ensemble of ResNet-50", 89.1, 94.1, 93.3),
      baseline: "resnet50",
      made: { preset: "or-ensemble", weights, scratch, measure },
    },
  ],
};

const [cub] = columns as [PublishedColumn];

const table2: PublishedTable = {
  name: "table2",
  title: "OR-ensemble, table 2: the weight of the orthogonal loss (CUB, ResNet-50, two members)",
  columns: [cub],
  baseline: "weight-0",
  rows: (
    [
      [0, 87.2],
      [0.05, 87.7],
      [0.1, 87.9],
      [0.5, 88.5],
      [1, 88.2],
      [5, 87.2],
    ] as const
  ).map(([weight, value]) => ({
    name: `weight-${weight}`,
    title: `α = ${weight}`,
    published: figures([cub], value),
    ...(weight === 0 && { slip: "how many members is not said; table 3 has 87.8 for a plain ensemble of two." }),
    made: { ...pairOf(weight), measure },
  })),
};

function pairOf(weight: number): PublishedRun {
  return weight === 0
    ? { preset: "ensemble", settings: { "options.ensemble.members": 2 }, weights: plainWeights, scratch: plainScratch }
    : {
        preset: "or-ensemble",
        settings: { "options.or-ensemble.members": 2, "options.orthogonal-attention.weights": [weight] },
        weights,
        scratch,
      };
}

/** One run of six members has all of them. */
const sizes = [1, 2, 3, 4, 5, 6].map(
  (size): PublishedColumn => ({
    name: `n${size}`,
    title: `N = ${size} (CUB, ResNet-50)`,
    data: "cub",
    stage: `member-${size}`,
  }),
);

const plain = {
  preset: "ensemble",
  settings: { "options.ensemble.members": 6 },
  weights: plainWeights,
  scratch: plainScratch,
};
const apart = { preset: "or-ensemble", settings: { "options.or-ensemble.members": 6 }, weights, scratch };

const table3: PublishedTable = {
  name: "table3",
  title: "OR-ensemble, table 3: the number of members",
  columns: sizes,
  baseline: "plain",
  rows: [
    {
      name: "plain-single",
      title: "single, plain training",
      published: figures(sizes, 87.2, 86.8, 87.1, 87.0, 86.6, 87.0),
      made: plain,
    },
    {
      name: "plain",
      title: "ensemble, plain training",
      published: figures(sizes, 87.2, 87.8, 88.2, 88.3, 88.6, 88.5),
      made: { ...plain, measure },
    },
    {
      name: "or-single",
      title: "single, OR loss",
      published: figures(sizes, 87.2, 86.1, 87.0, 86.5, 86.4, 86.6),
      made: apart,
    },
    {
      name: "or",
      title: "ensemble, OR loss",
      published: figures(sizes, 87.2, 88.5, 88.6, 88.8, 89.1, 89.1),
      made: { ...apart, measure },
    },
  ],
};

export const orEnsembleTables: readonly PublishedTable[] = [table1, table2, table3];

export const orEnsembleFigures: readonly PublishedFigure[] = [
  {
    name: "fig5",
    title: "OR-ensemble, figure 5: where its members look, one by one",
    published: "Member by member, where each of them looks.",
    table: "table3",
    column: "n6",
    rows: ["plain", "or"],
    roles: ["member-1", "member-2", "member-3"],
    method: "spatial-attention",
  },
];
