/** How much of each picture tests do not see: told once, since nobody sees it otherwise. */
import { join } from "node:path";
import type { InputSettings, Logger } from "../../../core/index.js";
import { resizedSize, type Size } from "../../transforms/pixels/geometry.js";
import { forEachAtOnce } from "../images/at-once.js";
import { askForHeader } from "../images/header.js";
import type { Candidate } from "./layout.js";
import type { FolderOptions } from "./options.js";

/** Pictures that are asked for their sizes, spread evenly. */
const LOOKED_AT = 64;
const AT_ONCE = 4;
/** In percent of the area: less than that is the edge that every resize costs. */
const SLIGHT = 3;

/** Tells, for stages whose tests resize pictures and take the square in the middle, what is not in the square. */
export async function tellCutOff(
  root: string,
  candidates: readonly Candidate[],
  inputs: readonly InputSettings[],
  { crop: shown }: Pick<FolderOptions, "crop">,
  logger: Logger,
): Promise<void> {
  const cuts = new Map(inputs.flatMap((input) => cutOf(input) ?? []).map((cut) => [JSON.stringify(cut), cut]));
  if (cuts.size === 0) return;
  const sizes = await sizesOf(root, candidates, shown === "box");
  for (const { resize, fit, crop } of cuts.values()) {
    const shares = sizes.map((size) => 100 * (1 - seenOf(resizedSize(size, resize, fit), crop)));
    const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
    if (mean < SLIGHT) continue;
    logger.info(
      `Tests see the middle of pictures (${crop} × ${crop} of the ${resize} that the ${fit === "warp" ? "sides become" : "shorter side becomes"}): ${mean.toFixed(0)} % of their area is cut off. With fit: pad of the transform resize nothing is.`,
    );
  }
}

type Cut = Pick<InputSettings, "resize" | "fit" | "crop">;

/** What a stage's tests cut; none where the list of transforms does something else. */
function cutOf({ resize, fit, crop, transforms }: InputSettings): Cut | undefined {
  const lines = transforms?.test ?? [{ name: "resize" }, { name: "center-crop" }];
  const [first, second, ...others] = lines as readonly {
    readonly name: string;
    readonly size?: number | null;
    readonly fit?: string | null;
  }[];
  if (first?.name !== "resize" || second?.name !== "center-crop" || others.length > 0) return undefined;
  const own = first.fit ?? fit;
  if (own !== "shorter" && own !== "warp") return undefined;
  return { resize: first.size ?? resize, fit: own, crop: second.size ?? crop };
}

function seenOf({ width, height }: Size, crop: number): number {
  return (Math.min(crop, width) * Math.min(crop, height)) / (width * height);
}

/** Of what transforms are given. */
async function sizesOf(root: string, candidates: readonly Candidate[], areBoxes: boolean): Promise<readonly Size[]> {
  const tested = candidates.filter(({ split }) => split === "test");
  const step = Math.max(1, Math.floor(tested.length / LOOKED_AT));
  const chosen = tested.filter((_, index) => index % step === 0).slice(0, LOOKED_AT);
  const sizes: Size[] = [];
  await forEachAtOnce(AT_ONCE, chosen, async ({ path, banner = 0, facts }) => {
    if (areBoxes && facts?.box) return void sizes.push(facts.box);
    const header = await askForHeader(join(root, path));
    if (header) sizes.push({ width: header.width, height: Math.max(1, header.height - banner) });
  });
  return sizes;
}
