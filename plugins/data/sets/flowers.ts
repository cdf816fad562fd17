/** Flowers-102: labels and splits in files of MATLAB. */
import { join } from "node:path";
import { invalidData, type Split } from "../../../core/index.js";
import { flowerNames } from "./flowers-names.js";
import { numbersIn, readMat } from "./mat.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";
import { asksForValidation } from "./settle-splits.js";
import { isFile } from "./text.js";

const LABELS = "imagelabels.mat";
const SPLITS = "setid.mat";
const WHOLE = "Take both files from the data set's page once more.";

/**
 * Trained on what its authors call training and validation, as papers do; with `validationFolders: ["val"]` their validation images are that.
 *
 * @see "Automated Flower Classification over a Large Number of Classes", 2008
 */
export const flowers: SetReader = {
  name: "flowers",
  title: "Flowers-102",
  recognises: async ({ path, listing }) =>
    listing.folders.includes("jpg") && (await isFile(join(path, LABELS))) && (await isFile(join(path, SPLITS))),
  read: async (place, options) => {
    const labels = await numbersOf(join(place.path, LABELS), "labels");
    const path = join(place.path, SPLITS);
    const parts: readonly (readonly [variable: string, split: Split])[] = [
      ["trnid", "train"],
      ["valid", asksForValidation(options) ? "validation" : "train"],
      ["tstid", "test"],
    ];
    const images = [];
    for (const [variable, split] of parts) {
      for (const id of await numbersOf(path, variable)) {
        const label = labels[id - 1];
        if (label === undefined)
          throw invalidData(path, `${variable} has image ${id}, but ${LABELS} has ${labels.length} labels`, WHOLE);
        images.push({
          path: `jpg/image_${String(id).padStart(5, "0")}.jpg`,
          className: nameOf(place.path, label),
          split,
        });
      }
    }
    const used = [...new Set(labels)].sort((a, b) => a - b);
    const classes = used.map((label) => nameOf(place.path, label));
    return published(flowers, place, options, { classes, images, order: LABELS, list: path });
  },
};

function nameOf(root: string, label: number): string {
  const name = flowerNames[label - 1];
  if (name !== undefined) return name;
  throw invalidData(join(root, LABELS), `there is a label ${label}; expected are 1 to ${flowerNames.length}`, WHOLE);
}

async function numbersOf(path: string, variable: string): Promise<readonly number[]> {
  const numbers = numbersIn((await readMat(path)).get(variable));
  if (numbers) return numbers;
  throw invalidData(path, `has no numbers called ${variable}`, WHOLE);
}
