/** Decides which folders of a data set are its splits, or that all of them are classes; and tells what is passed over. */
import { join } from "node:path";
import { invalidData, namedList, pathProblem, type Split } from "../../../core/index.js";
import {
  contentInWords,
  type FoundSplit,
  type FoundSplits,
  findSplits,
  lookAt,
  shares,
  withClasses,
} from "./find-splits.js";
import type { FolderOptions } from "./options.js";
import { usualNames } from "./split-names.js";
import type { Place } from "./walk.js";

/** Folders that a line names. */
const NAMED = 8;

/** The folders of each split, `null` where there are none: then all folders are classes. */
export interface SplitPlan {
  readonly splits: FoundSplits | null;
  /** What a user might not expect, in sentences. */
  readonly notes: readonly string[];
}

type Asked = Pick<Required<FolderOptions>, "testFolders" | "validationFolders" | "validation" | "testAll">;

/** What the decisions depend on. */
interface Situation {
  readonly root: Place;
  /** None where everything is for tests. */
  readonly train: FoundSplit | undefined;
  readonly found: FoundSplits;
  readonly asked: Asked;
}

/** @throws FGKD_PATH, FGKD_INVALID_DATA */
export async function planSplits(root: Place, options: Asked): Promise<SplitPlan> {
  const asked = options.testAll ? askedOf(options, root.listing.folders) : options;
  const named = [...(asked.testFolders ?? []), ...(asked.validationFolders ?? [])];
  const found = await findSplits(root, asked.testFolders ?? []);
  const hasOthers = [...found.test, ...found.validation].some(({ holds }) => holds !== "nothing") || named.length > 0;
  // Images beside folders: a class with folders in it, where nothing says that there are splits.
  const trains = withClasses(found.train).filter(({ holds }) => holds === "classes" || hasOthers);
  if (trains.length > 0) return besideTrain({ root, train: oneOf("train", trains, root), found, asked });
  if (named.length === 0) return withoutTrain({ root, train: undefined, found, asked });
  if (asked.testAll) return besideTrain({ root, train: undefined, found, asked });
  if (found.train[0]) throw noClassFolders(found.train[0]);
  const option = asked.testFolders ? "testFolders" : "validationFolders";
  throw pathProblem(join(root.path, "train"), "there is no such folder", `${option} lie next to train/: add it.`);
}

/** Settings of a run are for the folder that it was trained on: of another, those count that it has. */
function askedOf(options: Asked, folders: readonly string[]): Asked {
  const there = (names: readonly string[] | null) => {
    const left = names?.filter((name) => folders.includes(name)) ?? [];
    return left.length > 0 || names?.length === 0 ? left : null;
  };
  return { ...options, testFolders: there(options.testFolders), validationFolders: there(options.validationFolders) };
}

/** No folder has class folders to train on: are there splits all the same, or are all folders classes? */
async function withoutTrain(situation: Situation): Promise<SplitPlan> {
  const { root, found, asked } = situation;
  const all = [...found.train, ...found.validation, ...found.test];
  const others = root.listing.folders.filter((name) => !all.some((split) => split.name === name));
  const nothing = found.train.find(({ holds }) => holds === "nothing");
  if (nothing) throw noClassFolders(nothing);
  // valid/ with folders in it beside invalid/ is a class; beside a/ and b/, and with a/ and b/ in it, it is a split.
  const splits = withClasses([...found.test, ...found.validation]).filter(
    (one) => found.test.length > 0 || others.length === 0 || shares(one, others),
  );
  const [first] = splits;
  if (first && asked.testAll && !splits.some((one) => shares(one, others))) return besideTrain(situation);
  const bare = all.filter(({ holds }) => holds === "images" || holds === "both");
  const isClass = bare.length === 1 && found.test.length === 0 && others.length > 0;
  if (first && bare.length === 0) {
    const problem = `there is ${first.name}/, but no train/ with class folders beside it`;
    throw invalidData(root.path, problem, `Add train/<class>/…, or hand over ${first.name}/ itself.`);
  }
  if (bare.length > 0 && !isClass) throw noLabels(root, bare);
  const told = isClass ? bare : withClasses(found.validation);
  const notes = told.map(({ name }) => `${name}/ is taken for a class, as the folders beside it: it is no split.`);
  return { splits: null, notes };
}

/** The splits beside the one to train on. */
async function besideTrain(situation: Situation): Promise<SplitPlan> {
  const { train } = situation;
  const { test, notes } = await chooseTests(situation);
  const validation = await chooseValidations(situation, test);
  const used = [...(train ? [train] : []), ...test, ...validation];
  return {
    splits: { train: train ? [train] : [], validation, test },
    notes: [...notes, ...notUsed(situation, used)],
  };
}

async function chooseTests({ root, train, found, asked }: Situation) {
  if (asked.testFolders) return { test: await lookAt(root, asked.testFolders), notes: [] };
  const instead = withClasses(found.validation);
  // Folders of other classes than those to train on are no better than none: test/unknown/.
  const known = withClasses(found.test).filter(
    (one) => !train || instead.length === 0 || shares(one, train.place.listing.folders),
  );
  if (known.length > 0) return { test: [oneOf("test", known, root)], notes: [] };
  const [unlabelled] = found.test;
  if (instead.length === 0) throw noTests(root, train, unlabelled);
  const chosen = oneOf("validation", instead, root);
  const reason = unlabelled ? `${unlabelled.name}/ has no labels (${contentInWords(unlabelled)})` : "there is no test/";
  return { test: [chosen], notes: [`${chosen.name}/ is the test split: ${reason}. data.testFolders names another.`] };
}

/** Those asked for; else one that lies beside the test split, if it holds classes. */
async function chooseValidations({ root, train, found, asked }: Situation, tests: readonly FoundSplit[]) {
  const taken = (name: string) => [...tests, ...(train ? [train] : [])].some((one) => one.name === name);
  const twice = asked.validationFolders?.find(taken);
  if (twice !== undefined) {
    const remedy = "Name other folders in validationFolders, or others in testFolders.";
    throw invalidData(join(root.path, twice), "its images belong to another split already", remedy);
  }
  const usual = withClasses(found.validation).filter(({ name }) => !taken(name));
  const chosen = asked.validationFolders ? await lookAt(root, asked.validationFolders) : usual.slice(0, 1);
  if (chosen[0] && asked.validation !== null) {
    const remedy = "Leave data.validation out, or set data.validationFolders to [] to draw from the training images.";
    throw invalidData(join(root.path, chosen[0].name), "there is a validation split already", remedy);
  }
  return chosen;
}

/** What lies beside the splits and is not used, unless settings chose others of its kind. */
function notUsed({ root, found, asked }: Situation, used: readonly FoundSplit[]): readonly string[] {
  const chosen = [...(asked.testFolders ? found.test : []), ...(asked.validationFolders ? found.validation : [])];
  const told = new Set([...used, ...chosen].map(({ name }) => name));
  const splits = [...found.train, ...found.validation, ...found.test];
  const left = root.listing.folders
    .filter((name) => !told.has(name))
    .map((name) => {
      const split = splits.find((one) => one.name === name);
      return split ? `${name}/ (${contentInWords(split)})` : `${name}/`;
    });
  return left.length > 0 ? [`Passed over beside the splits: ${namedList(left, NAMED)}.`] : [];
}

/** The first, if it is called as usual or is the only one. @throws FGKD_INVALID_DATA */
function oneOf(split: Split, found: readonly FoundSplit[], root: Place): FoundSplit {
  const [first, second] = found as [FoundSplit, ...FoundSplit[]];
  if (!second || usualNames[split].includes(first.name)) return first;
  const remedy =
    split === "train" ? "Call the one that counts train." : "Say which in data.testFolders or data.validationFolders.";
  throw invalidData(root.path, `${first.name}/ and ${second.name}/ could both be the ${split} split`, remedy);
}

function noTests(root: Place, train: FoundSplit | undefined, unlabelled: FoundSplit | undefined) {
  const name = train?.name ?? "train";
  const remedy = `Add test/<class>/…, or name a folder that has them in data.testFolders, or hand over the folder ${name}/ itself to have a part of it split off.`;
  const problem = unlabelled
    ? `${unlabelled.name}/ has no labels (${contentInWords(unlabelled)}), and there is no val/ to test on`
    : `there is ${name}/, but neither test/ nor val/ beside it`;
  return invalidData(root.path, problem, remedy);
}

function noClassFolders(found: FoundSplit) {
  const { name, place } = found;
  return invalidData(place.path, contentInWords(found), `Expected is a folder per class: ${name}/<class>/….`);
}

function noLabels(root: Place, found: readonly FoundSplit[]) {
  const names = found.map(({ name }) => `${name}/`).join(" and ");
  const [hold, are] = found.length === 1 ? ["holds", "is it a class"] : ["hold", "are they classes"];
  return invalidData(
    root.path,
    `${names} ${hold} images, but no class folders: ${are}, or images without labels?`,
    "A split needs a folder per class (train/<class>/…, test/<class>/…); a class needs a name that no split has: rename it. Images without labels go elsewhere.",
  );
}
