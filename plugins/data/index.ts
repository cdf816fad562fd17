/** Where images come from. */
import { definePlugin } from "../../core/index.js";
import { registerBirds } from "./birds.js";
import { registerFiles } from "./files.js";
import { registerFolder } from "./folder.js";

export {
  attentionOnBird,
  type BirdCounts,
  type BirdOptions,
  type BirdParts,
  type BirdPlace,
  type BirdShares,
  birdCount,
  birdParts,
  birdPlaceAt,
  birdPlaces,
  birdSource,
  drawBird,
} from "./birds.js";
export { type DecodeImageOptions, decodeImage } from "./decode-image.js";
export { type FilesOptions, filesSource } from "./files.js";
export { type FindOptions, findImages } from "./find-images.js";
export { type FolderOptions, folderSource } from "./folder.js";
export { type JpegDecoder, jpegDecoder } from "./images/jpeg.js";

/** Registers the sources `folder` (a folder of class folders), `birds` (drawn, built in) and `files` (whatever it is given). */
export const sources = definePlugin<object>({
  name: "sources",
  defaults: {},
  register: (training) => {
    registerFolder(training);
    registerBirds(training);
    registerFiles(training);
  },
});
