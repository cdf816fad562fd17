/** The tables of "Data-free Knowledge Distillation for Fine-grained Visual Categorization". */
import type { Json, PublishedColumn, PublishedRun, PublishedTable } from "../../core/index.js";
import { figures, setColumns } from "./columns.js";

/** In the publication's order. */
const columns = setColumns("aircraft", "cars", "cub");
const teacher = "teacher";
const shared: PublishedTable["shared"] = {
  teacher: {
    preset: "dfkd-generator",
    settings: { "stages.warmup.enabled": false, "stages.generator.enabled": false, "stages.student.enabled": false },
    stage: "teacher",
  },
};

function ours(settings: Readonly<Record<string, Json>> = {}): PublishedRun {
  return { preset: "dfkd-generator", settings, teacher };
}

/** A method that it is compared with; at paper scale in the setting of this paper, and with its teacher. */
function compared(preset: string): PublishedRun {
  return { preset, paper: { preset, settings: { [`options.${preset}.variant`]: "table-1" }, teacher } };
}

const inversion = "the terms of CMI in the loop of all of them, without its bank of images: not CMI's own figures.";

function row(name: string, title: string, values: readonly number[], made?: PublishedRun) {
  return { name, title, published: figures(columns, ...values), ...(made && { made }) };
}

/** Methods that use what the teacher's batch norms remember of its data. */
const statistics: readonly string[] = ["adi", "dfq", "mad", "cmi", "ours"];

const table1: PublishedTable = {
  name: "table1",
  title: "DFKD-FGVC, table 1: ResNet-34 teaches ResNet-18 without data",
  columns,
  baseline: "cmi",
  shared,
  rows: [
    row("teacher", "teacher ResNet-34, with data", [70.15, 84.22, 76.87], shared?.teacher),
    row("student", "student ResNet-18, with data", [68.71, 77.43, 58.6]),
    row("zskd", "ZSKD", [37.32, 26.21, 30.53]),
    row("zskt", "ZSKT", [51.16, 28.48, 31.88], compared("zskt")),
    row("dafl", "DAFL", [43.69, 37.71, 31.01], compared("dafl")),
    row("dfad", "DFAD", [49.51, 48.72, 40.15], compared("dfad")),
    row("adi", "ADI", [58.14, 65.24, 47.63]),
    row("dfq", "DFQ", [60.22, 66.14, 48.43], compared("dfq")),
    row("mad", "MAD", [63.74, 67.53, 53.43]),
    { ...row("cmi", "CMI", [63.57, 68.74, 53.53], compared("cmi")), here: inversion },
    row("ours", "DFKD-FGVC", [65.76, 71.89, 56.93], ours()),
  ].map((one) => ({ ...one, beside: { "batch-norm statistics": usesStatistics(one.name) } })),
};

function usesStatistics(name: string): string {
  if (name === "teacher" || name === "student") return "–";
  return statistics.includes(name) ? "yes" : "no";
}

const [aircraft] = columns as [PublishedColumn];
const methods = ["ZSKT", "DAFL", "DFAD", "ADI", "DFQ", "MAD", "CMI"] as const;
/** No presets of fgkd. */
const others: readonly string[] = ["adi", "mad"];
const students = [
  { name: "wrn_40_2", title: "WRN-40-2", values: [49.13, 36.83, 50.44, 57.83, 58.26, 59.85, 62.43, 64.54] },
  { name: "mobilenet_v2", title: "MobileNetV2", values: [24.39, 18.51, 23.01, 53.66, 53.93, 54.61, 55.04, 57.37] },
  { name: "resnet34", title: "ResNet-34", values: [39.52, 36.63, 52.15, 60.75, 61.75, 63.12, 64.66, 65.48] },
] as const;
const studentColumns = students.map(
  ({ name, title }): PublishedColumn => ({
    name,
    title: `FGVC-Aircraft, ${title}`,
    data: aircraft.data,
    network: { "models.student.backbone": { name } },
  }),
);

const table2: PublishedTable = {
  name: "table2",
  title: "DFKD-FGVC, table 2: other students",
  columns: studentColumns,
  baseline: "cmi",
  shared,
  rows: [
    ...methods.map((title, at) => {
      const name = title.toLowerCase();
      const published = figures(studentColumns, ...students.map(({ values }) => values[at] as number));
      return {
        ...{ name, title, published },
        ...(!others.includes(name) && { made: compared(name) }),
        ...(name === "cmi" && { here: inversion }),
      };
    }),
    {
      name: "ours",
      title: "DFKD-FGVC",
      published: figures(studentColumns, ...students.map(({ values }) => values[methods.length] as number)),
      made: ours(),
    },
  ],
};

const noAttention = { "options.attention-distillation.weight": 0 };
const noContrast = { "options.semantic-contrast.weight": 0 };

const table3: PublishedTable = {
  name: "table3",
  title: "DFKD-FGVC, table 3: with and without each of its two terms",
  columns,
  baseline: "neither",
  shared,
  rows: [
    row("neither", "neither", [60.3, 64.8, 51.34], ours({ ...noAttention, ...noContrast })),
    row("contrast", "semantic contrast (SFCL)", [63.37, 67.13, 54.26], ours(noAttention)),
    row("attention", "attention distillation (MHAD)", [64.86, 69.92, 55.71], ours(noContrast)),
    row("both", "both", [65.76, 71.89, 56.93], ours()),
  ],
};

const table4: PublishedTable = {
  name: "table4",
  title: "DFKD-FGVC, table 4: λ, how much the generator's attention adds",
  columns,
  baseline: "lambda-0",
  shared,
  rows: (
    [
      [0, 63.88, 69.24, 54.81],
      [0.01, 64.32, 69.87, 55.44],
      [0.05, 65.76, 71.89, 56.93],
      [0.07, 65.02, 70.95, 56.3],
      [0.09, 64.23, 70.36, 55.81],
    ] as const
  ).map(([lambda, ...values]) =>
    row(`lambda-${lambda}`, `λ = ${lambda}`, values, ours({ "models.generator.backbone.attentionWeight": lambda })),
  ),
};

const table5: PublishedTable = {
  name: "table5",
  title: "DFKD-FGVC, table 5: the highest order of attention",
  columns,
  shared,
  rows: (
    [
      [1, 64.31, 69.26, 56.12],
      [2, 63.12, 70.35, 55.06],
      [3, 65.76, 71.89, 56.93],
    ] as const
  ).map(([order, ...values]) =>
    row(`order-${order}`, `R = ${order}`, values, ours({ "options.attention-distillation.order": order })),
  ),
};

/** The figure has curves: which values they go through between their ends is not printed. */
const scanned = [
  scan("alpha", "α, the statistics' weight", [0, 0.1, 0.3, 1, 5], 0.3, (value) => ({
    "stages.generator.options.batch-norm-statistics.weight": value,
  })),
  scan("beta", "β, attention distillation (γ = 1)", [0, 1, 10, 50, 100], 10, (value) => ({
    "options.attention-distillation.weight": value,
    "options.semantic-contrast.weight": 1,
  })),
  scan("gamma", "γ, semantic contrast (β = 10)", [0, 1, 8, 50, 100], 8, (value) => ({
    "options.attention-distillation.weight": 10,
    "options.semantic-contrast.weight": value,
  })),
];

function scan(
  name: "alpha" | "beta" | "gamma",
  title: string,
  values: readonly number[],
  best: number,
  settings: (value: number) => Readonly<Record<string, Json>>,
) {
  const letter = title[0] as string;
  const rows = values.map((value) => ({
    ...{ name: `${name}-${value}`, title: `${letter} = ${value}` },
    ...{ published: {}, made: ours(settings(value)) },
  }));
  return { rows, scan: { title, rows: rows.map((one) => one.name), best: `${name}-${best}` } };
}

const figure7: PublishedTable = {
  name: "fig7",
  title: "DFKD-FGVC, figure 7: the weights of three losses",
  columns: setColumns("cars"),
  shared,
  rows: scanned.flatMap(({ rows }) => rows),
  scans: scanned.map((one) => one.scan),
};

export const dfkdGeneratorTables: readonly PublishedTable[] = [table1, table2, table3, table4, table5, figure7];
