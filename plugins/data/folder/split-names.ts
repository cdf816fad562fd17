/** Which folders are called like splits: by any usual name, in any case. */
import type { Split } from "../../../core/index.js";

/** What the name of a folder says of splits. */
export interface SplitName {
  readonly split: Split;
  /** What else it says; two splits of one data set share it: `cars` of `cars_train` and `cars_test`. Mostly nothing. */
  readonly rest: string;
}

/** The names that count before others of their kind, the first of them most. */
export const usualNames: Readonly<Record<Split, readonly string[]>> = {
  train: ["train", "training"],
  validation: ["val", "valid", "validation"],
  test: ["test", "testing"],
};

const words: Readonly<Record<string, Split>> = {
  train: "train",
  training: "train",
  trn: "train",
  trainval: "train",
  val: "validation",
  valid: "validation",
  validation: "validation",
  validating: "validation",
  dev: "validation",
  test: "test",
  testing: "test",
  tst: "test",
  eval: "test",
  evaluation: "test",
  holdout: "test",
};

/** Say that it holds images, and nothing else. */
const fillers = new Set(
  "set sets seg data dataset datasets image images img imgs pic pics picture pictures photo photos split splits folder dir sample samples part subset".split(
    " ",
  ),
);

/** `trainset`, `testimages`: a word and a filler in one. */
const compound = new RegExp(`^(${Object.keys(words).join("|")})(${[...fillers].join("|")})$`);

/**
 * What a folder's name says of splits: `Training`, `TEST`, `seg_train`, `validation-images`, `test2017`; `undefined` for
 * other names, and for those that speak of training and testing at once.
 */
export function splitName(name: string): SplitName | undefined {
  const parts = name
    .normalize("NFKC")
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{M}]+/u)
    .flatMap((part) => compound.exec(part)?.slice(1) ?? [part])
    .filter((part) => part !== "" && !fillers.has(part));
  const isWord = (part: string) => Object.hasOwn(words, part);
  const splits = new Set(parts.filter(isWord).map((part) => words[part] as Split));
  if (splits.size === 0 || (splits.has("test") && splits.size > 1)) return undefined;
  // train_val holds both, to train on.
  const split = splits.has("train") ? "train" : [...splits][0];
  return { split: split as Split, rest: parts.filter((part) => !isWord(part)).join(" ") };
}

/**
 * Folders that are called like splits, by kind, the most usual name first. One whose name says more than that counts only
 * beside its counterpart: `cars_train` and `cars_test` are splits, a class `test_tube` is none.
 */
export function splitFolders(folders: readonly string[]): Readonly<Record<Split, readonly string[]>> {
  const named = folders.flatMap((folder) => {
    const found = splitName(folder);
    return found ? [{ folder, ...found }] : [];
  });
  const hasCounterpart = ({ split, rest }: SplitName) =>
    named.some((other) => other.rest === rest && (other.split === "train") !== (split === "train"));
  const counted = named.filter((one) => one.rest === "" || hasCounterpart(one));
  const of = (split: Split) => {
    const own = counted.filter((one) => one.split === split).map(({ folder }) => folder);
    const rank = (folder: string) => (usualNames[split].indexOf(folder) + 1 || 100) - 1;
    return own.sort((a, b) => rank(a) - rank(b));
  };
  return { train: of("train"), validation: of("validation"), test: of("test") };
}
