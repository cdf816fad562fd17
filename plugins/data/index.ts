/** Where images come from. */
import { definePlugin } from "../../core/index.js";
import { registerBirds } from "./birds.js";
import { registerFolder } from "./folder.js";

export { type BirdCounts, type BirdOptions, type BirdParts, birdParts, birdSource } from "./birds.js";
export { type FolderOptions, folderSource } from "./folder.js";

/** Registers the sources `folder` (a folder of class folders) and `birds` (drawn, built in). */
export const sources = definePlugin<object>({
  name: "sources",
  defaults: {},
  register: (training) => {
    registerFolder(training);
    registerBirds(training);
  },
});
