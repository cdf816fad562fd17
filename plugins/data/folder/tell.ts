/** What a user may want to know of a data folder before it is trained on: what is used otherwise than it looks, and what is not. */
import type { Logger } from "../../../core/index.js";
import { nearlyOne } from "./class-names.js";
import type { FolderLayout } from "./layout.js";
import { litterInWords } from "./litter.js";
import type { FolderOptions } from "./options.js";

/** Names that a line shows. */
const NAMED = 3;

/** One line for each kind of thing. */
export function tellLayout(layout: FolderLayout, options: Required<FolderOptions>, logger: Logger): void {
  if (!layout.published && !layout.merged) tellValidation(layout, options, logger);
  for (const note of layout.notes) logger.info(note);
  for (const warning of layout.warnings ?? []) logger.warn(warning);
  const litter = litterInWords(layout.litter);
  if (litter !== "") logger.info(`Passed over in class folders: ${litter}.`);
  for (const [one, other] of nearlyOne(layout.classes))
    logger.warn(
      `Classes "${one}" and "${other}" differ in capitals or spaces only: two classes here, one where a system sees no difference. If they are one, put their images into one folder.`,
    );
  const { tooDeep } = layout;
  if (tooDeep.length > 0) logger.warn(`Folders that lie too deep within a class are passed over: ${someOf(tooDeep)}.`);
}

/** A folder that becomes the validation split unasked is told: epochs are then measured on it, and not on the test split. */
function tellValidation(
  { candidates }: FolderLayout,
  { validation, validationFolders }: Required<FolderOptions>,
  logger: Logger,
): void {
  const found = candidates.find(({ split }) => split === "validation");
  if (!found || validation !== null || validationFolders !== null) return;
  const [folder] = found.path.split("/");
  logger.info(
    `${folder}/ is the validation split: epochs are measured on it, and test images once at the end. Set data.validationFolders to [] to leave it out.`,
  );
}

function someOf(names: readonly string[]): string {
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : "";
  return `${names.slice(0, NAMED).join(", ")}${more}`;
}
