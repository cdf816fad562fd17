/** FoodX-251: its author's archives, and the packing of its contest. */
import { dirname, join } from "node:path";
import { invalidData } from "../../../core/index.js";
import { imagesIn } from "../folder/listing.js";
import { lookInto, type Place, stepInto } from "../folder/walk.js";
import { classesOfList } from "./list-classes.js";
import { readListFile } from "./list-file.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";
import { isFile } from "./text.js";

/** By packing: labels of the images to train and to validate on; those of the test images were never given out. */
const packings = [
  { train: "annot/train_info.csv", validation: "annot/val_info.csv" },
  { train: "train_labels.csv", validation: "val_labels.csv" },
  { train: "train_info.csv", validation: "val_info.csv" },
] as const;

/** Tested on its validation split. @see "FoodX-251: A Dataset for Fine-grained Food Classification", 2019 */
export const foodx: SetReader = {
  name: "foodx",
  title: "FoodX-251",
  recognises: async ({ path, listing }) =>
    listing.folders.includes("train_set") && (await packingOf(path)) !== undefined,
  read: async (place, options) => {
    const packing = await packingOf(place.path);
    if (!packing) {
      const problem = `neither ${packings.map(({ train }) => train).join(" nor ")} is there`;
      throw invalidData(place.path, problem, "Get the data set whole: train_set, val_set, and the lists of labels.");
    }
    const [train, validation] = [join(place.path, packing.train), join(place.path, packing.validation)];
    const folders = { train: await folderOf(place, "train_set"), validation: await folderOf(place, "val_set") };
    const listed = [
      ...(await readListFile(train)).map((image) => ({ ...image, split: "train" as const })),
      ...(await readListFile(validation)).map((image) => ({ ...image, split: "validation" as const })),
    ];
    const { classes, order, classOf } = await classesOfList(dirname(train), train, listed);
    if (order !== "class_list.txt")
      throw invalidData(dirname(train), "class_list.txt is missing", "Get the data set whole: it names the classes.");
    const images = listed.map((image) => ({
      path: `${folders[image.split]}/${image.path}`,
      className: classOf(image),
      split: image.split,
    }));
    return published(foodx, place, options, { classes, images, order, list: train });
  },
};

async function packingOf(root: string): Promise<(typeof packings)[number] | undefined> {
  for (const packing of packings) if (await isFile(join(root, packing.train))) return packing;
  return undefined;
}

/** Where images of a split lie: `train_set`, or once more of that name in it. */
async function folderOf(place: Place, name: string): Promise<string> {
  if (!place.listing.folders.includes(name)) {
    throw invalidData(place.path, `there is no folder ${name}`, "Get the data set whole, or unpack its archive here.");
  }
  const { listing } = await lookInto(await stepInto(place, name));
  return imagesIn(listing).length === 0 && listing.folders.includes(name) ? `${name}/${name}` : name;
}
