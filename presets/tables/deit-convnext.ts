/** The report's table 2: fine-tuned and distilled transformers. */
import type { PublishedColumn, PublishedRow, PublishedRun, PublishedTable } from "../../core/index.js";
import { type DeitVariantName, deitVariants } from "../deit-variants.js";

function run(variant: DeitVariantName, teacher?: string): PublishedRun {
  const { student, distillation, teacher: teaching } = deitVariants[variant];
  // A teacher that is trained elsewhere brings its own.
  const starting = [
    ...(teaching !== "none" && teacher === undefined ? ["teacher"] : []),
    ...(student !== "none" ? ["student"] : []),
  ];
  return {
    preset: "deit-convnext",
    settings: { "options.deit-convnext.variant": variant },
    weights: Object.fromEntries(starting.map((role) => [`models.${role}.weights`, "imagenet"])),
    stage: student === "none" ? "teacher" : distillation === "none" ? "alone" : "student",
    ...(teacher !== undefined && { teacher }),
  };
}

/** From scratch, of a network that at demo scale is that of the row before. */
const scratch: PublishedRun = {
  ...run("a1"),
  paper: { preset: "deit-convnext", settings: { "options.deit-convnext.variant": "a2" }, stage: "teacher" },
};

/** Accuracy, accuracy among the five likeliest, loss, as they are printed. */
type Values = readonly [top1: number, top5: string, loss: string];

interface Further extends Pick<PublishedRow, "slip"> {
  /** Of the table's `shared`. */
  readonly teacher?: string;
  readonly made?: PublishedRun;
}

function row(name: DeitVariantName, column: PublishedColumn, values: Values, further: Further = {}): PublishedRow {
  const [top1, top5, loss] = values;
  const { teacher, made = run(name, teacher), slip } = further;
  const { student, distillation, recipe } = deitVariants[name];
  return {
    name,
    title: deitVariants[name].summary.replace(/^.*?: /, ""),
    published: { [column.name]: top1 },
    beside: { recipe: student === "none" ? "–" : recipeOf(distillation, recipe), "top-5": top5, loss },
    ...(slip !== undefined && { slip }),
    made,
  };
}

/** Distillation has DeiT's, whatever its student was trained by before. */
function recipeOf(distillation: string, recipe: "deit" | "convnext"): string {
  return distillation !== "none" || recipe === "deit" ? "DeiT-B" : "ConvNeXt";
}

const cub: PublishedColumn = { name: "cub", title: "CUB-200-2011", data: "cub" };
const merged: PublishedColumn = { name: "cub-dogs", title: "CUB and Stanford Dogs, merged", data: "cub-dogs" };
const food: PublishedColumn = { name: "foodx", title: "FoodX-251", data: "foodx" };

function tableOf(part: "a" | "b" | "c", column: PublishedColumn): Pick<PublishedTable, "name" | "title" | "columns"> {
  return { name: `table2${part}`, title: `DeiT and ConvNeXt, table 2${part}: ${column.title}`, columns: [column] };
}

const overlap = "starts from ImageNet, which has images of both sets: optimistic.";
const labels = "on which labels they were tested is not said";

export const deitConvnextTables: readonly PublishedTable[] = [
  {
    ...tableOf("a", cub),
    baseline: "a3",
    rows: [
      row("a1", cub, [84.55, "97.72", "0.737"]),
      row("a2", cub, [2.12, "7.56", "5.052"], {
        slip: "called ConvNeXt-L, with the 87 million weights of ConvNeXt-B.",
        made: scratch,
      }),
      row("a3", cub, [83, "93.75", "1.05"]),
      row("a4", cub, [70.5, "91.69", "1.44"]),
    ],
  },
  {
    ...tableOf("b", merged),
    baseline: "b4",
    shared: { b1: run("b1"), b8: run("b8") },
    rows: [
      row("b1", merged, [91.91, "99.10", "0.33"], { slip: `the text has 91.92; ${overlap}` }),
      row("b2", merged, [80.96, "95.9", "0.90"]),
      row("b3", merged, [82.5, "96.04", "0.87"]),
      row("b4", merged, [91.17, "98.65", "0.614"]),
      row("b5", merged, [86.03, "97.74", "0.6054"], { teacher: "b1" }),
      row("b6", merged, [88.53, "98.48", "0.422"], { teacher: "b1" }),
      row("b7", merged, [92.52, "99.15", "0.36"], { teacher: "b1", slip: overlap }),
      row("b8", merged, [85.42, "97.57", "0.677"], { slip: "its weights are counted as ConvNeXt-B's, 87 million." }),
      row("b9", merged, [87.49, "98.24", "0.46"], { teacher: "b8" }),
      row("b10", merged, [89.224, "98.77", "0.39"], { teacher: "b8" }),
    ],
  },
  {
    ...tableOf("c", food),
    baseline: "c2",
    rows: [
      row("c1", food, [74.77, "93.272", "1.01"], {
        slip: `the abstract has 74.71; the data are cited as Food-101, and ${labels}.`,
      }),
      row("c2", food, [68.33, "89.578", "1.359"]),
      row("c3", food, [68.15, "88.99", "1.422"]),
    ],
  },
];
