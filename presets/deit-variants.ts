/** The rows of the report's table 2 as options of `deit-convnext`. */

/** What a row says. */
export interface DeitVariant {
  /** As `fgkd list variants` tells it. */
  readonly summary: string;
  readonly student: "plain" | "distilled" | "none";
  readonly teacher: "convnext" | "bit" | "none";
  readonly distillation: "hard" | "soft" | "none";
  readonly start: "imagenet" | "baseline";
  /** Of the student on its own. */
  readonly recipe: "deit" | "convnext";
}

const alone = { teacher: "none", distillation: "none", start: "imagenet" } as const;
const teacherAlone = { student: "none", distillation: "none", start: "imagenet", recipe: "convnext" } as const;
const distilled = { student: "distilled", recipe: "convnext" } as const;

/** a: CUB-200-2011; b: CUB and Stanford Dogs, merged; c: FoodX-251. Point `--data` at them. */
export const deitVariants = {
  a1: { summary: "CUB: ConvNeXt-B", ...teacherAlone, teacher: "convnext" },
  a2: { summary: "CUB: ConvNeXt-L, from scratch at 224 px", ...teacherAlone, teacher: "convnext" },
  a3: { summary: "CUB: DeiT-B", ...alone, student: "plain", recipe: "deit" },
  a4: { summary: "CUB: DeiT-B distilled, alone", ...alone, student: "distilled", recipe: "deit" },
  b1: { summary: "CUB + Dogs: ConvNeXt-B", ...teacherAlone, teacher: "convnext" },
  b2: { summary: "CUB + Dogs: DeiT-B, recipe DeiT-B", ...alone, student: "plain", recipe: "deit" },
  b3: { summary: "CUB + Dogs: DeiT-B, recipe ConvNext", ...alone, student: "plain", recipe: "convnext" },
  b4: { summary: "CUB + Dogs: DeiT-B distilled, alone, recipe ConvNext", ...alone, ...distilled },
  b5: {
    summary: "CUB + Dogs: soft distillation from ConvNeXt-B, from ImageNet weights",
    ...distilled,
    teacher: "convnext",
    distillation: "soft",
    start: "imagenet",
  },
  b6: {
    summary: "CUB + Dogs: hard distillation from ConvNeXt-B, from ImageNet weights",
    ...distilled,
    teacher: "convnext",
    distillation: "hard",
    start: "imagenet",
  },
  b7: {
    summary: "CUB + Dogs: hard distillation from ConvNeXt-B, from the student of b4",
    ...distilled,
    teacher: "convnext",
    distillation: "hard",
    start: "baseline",
  },
  b8: { summary: "CUB + Dogs: BiT", ...teacherAlone, teacher: "bit" },
  b9: {
    summary: "CUB + Dogs: hard distillation from BiT, from ImageNet weights",
    ...distilled,
    teacher: "bit",
    distillation: "hard",
    start: "imagenet",
  },
  b10: {
    summary: "CUB + Dogs: hard distillation from BiT, from the student of b4",
    ...distilled,
    teacher: "bit",
    distillation: "hard",
    start: "baseline",
  },
  c1: { summary: "FoodX-251: ConvNeXt-B", ...teacherAlone, teacher: "convnext" },
  c2: { summary: "FoodX-251: DeiT-B", ...alone, student: "plain", recipe: "deit" },
  c3: { summary: "FoodX-251: DeiT-B distilled, alone", ...alone, student: "distilled", recipe: "deit" },
} as const satisfies Readonly<Record<string, DeitVariant>>;

export type DeitVariantName = keyof typeof deitVariants;
