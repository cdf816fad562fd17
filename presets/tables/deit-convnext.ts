/** The report's table 2: fine-tuned and distilled transformers. */
import type { PublishedColumn, PublishedRun, PublishedTable } from "../../core/index.js";
import { type DeitVariantName, deitVariants } from "../deit-variants.js";

function run(variant: DeitVariantName, teacher?: string): PublishedRun {
  const trainsTeacher = deitVariants[variant].student === "none";
  return {
    preset: "deit-convnext",
    settings: { "options.deit-convnext.variant": variant },
    stage: trainsTeacher ? "teacher" : deitVariants[variant].distillation === "none" ? "alone" : "student",
    ...(teacher !== undefined && { teacher }),
  };
}

function tableOf(
  part: "a" | "b" | "c",
  column: PublishedColumn,
  values: readonly number[],
  { slips = {}, teachers = {}, ...further }: TableParts = {},
): PublishedTable {
  const names = (Object.keys(deitVariants) as DeitVariantName[]).filter((name) => name.startsWith(part));
  return {
    name: `table2${part}`,
    title: `DeiT and ConvNeXt, table 2${part}: ${column.title}`,
    columns: [column],
    rows: names.map((name, at) => ({
      name,
      title: deitVariants[name].summary.replace(/^.*?: /, ""),
      published: { [column.name]: values[at] as number },
      ...(slips[name] !== undefined && { slip: slips[name] }),
      made: run(name, teachers[name]),
    })),
    ...further,
  };
}

interface TableParts extends Pick<PublishedTable, "shared" | "baseline"> {
  readonly slips?: Readonly<Partial<Record<DeitVariantName, string>>>;
  readonly teachers?: Readonly<Partial<Record<DeitVariantName, string>>>;
}

const overlap = "starts from ImageNet, which has images of both sets: optimistic.";

export const deitConvnextTables: readonly PublishedTable[] = [
  tableOf("a", { name: "cub", title: "CUB-200-2011", data: "cub" }, [84.55, 2.12, 83, 70.5], {
    slips: { a2: "called ConvNeXt-L, with the 87 million weights of ConvNeXt-B." },
  }),
  tableOf(
    "b",
    { name: "cub-dogs", title: "CUB and Stanford Dogs, merged", data: "cub-dogs" },
    [91.91, 80.96, 82.5, 91.17, 86.03, 88.53, 92.52, 85.42, 87.49, 89.224],
    {
      baseline: "b4",
      shared: { b1: run("b1"), b8: run("b8") },
      teachers: { b5: "b1", b6: "b1", b7: "b1", b9: "b8", b10: "b8" },
      slips: { b1: `the text has 91.92; ${overlap}`, b7: overlap },
    },
  ),
  tableOf("c", { name: "foodx", title: "FoodX-251", data: "foodx" }, [74.77, 68.33, 68.15], {
    slips: {
      c1: "the abstract has 74.71; the data are cited as Food-101, and on which labels they were tested is not said.",
    },
  }),
];
