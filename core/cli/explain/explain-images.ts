/** Which models `fgkd explain` asks, and about which images. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Explainer, findModels, type GivenImage, invalidConfig } from "../../index.js";
import type { Environment } from "../environment.js";
import { imagesAt } from "../model-command.js";

/** An image that models are asked about. */
export interface AskedImage {
  /** For people. */
  readonly name: string;
  /** As an explainer takes it. */
  given(explainer: Pick<Explainer, "input">): GivenImage;
  /** Its class, as far as that is known. */
  className(classes: readonly string[]): string | undefined;
  /** Shares of a map on the parts of what it shows, where they are known; `undefined` where transforms of its own move them. */
  shares?(map: ArrayLike<number>, explainer: Pick<Explainer, "input">): Readonly<Record<string, number>> | undefined;
}

/** The first place is a model; so are those after it, as long as they look like one. */
export function modelsFirst(places: readonly string[], cwd: string): readonly [models: string[], images: string[]] {
  const isModel = (place: string) => {
    const path = resolve(cwd, place);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return place.endsWith(".safetensors");
    return existsSync(join(path, "config.json")) || existsSync(join(path, "models"));
  };
  const end = places.findIndex((place, index) => index > 0 && !isModel(place));
  const count = end < 0 ? places.length : end;
  return [places.slice(0, count), places.slice(count)];
}

/** Files that exist, or are wherever a pattern says. @throws FGKD_INVALID_CONFIG for none */
export async function imageFiles(
  places: readonly string[],
  environment: Environment,
  tell: (problem: string) => void,
): Promise<readonly AskedImage[]> {
  const found: AskedImage[] = [];
  for await (const name of imagesAt(places, environment, tell)) {
    const path = resolve(environment.cwd, name);
    found.push({ name, given: () => path, className: (classes) => folderAmong(classes, path) });
  }
  if (found.length > 0) return found;
  const problem = "there is no image among what is given";
  throw invalidConfig("fgkd explain", problem, "Name files, folders or patterns after the models.");
}

/** The class after which the nearest folder around a file is named. */
export function folderAmong(classes: readonly string[], path: string): string | undefined {
  for (let at = dirname(path); at !== dirname(at); at = dirname(at)) {
    const name = basename(at).normalize("NFC");
    if (classes.includes(name)) return name;
  }
  return undefined;
}

type Counts = Readonly<Record<string, unknown>>;

interface BirdTools {
  birdCount(split: "test", counts: Counts): number;
  drawBird(split: "test", index: number, size: number, counts: Counts): GivenImage;
  birdParts(split: "test", index: number, counts: Counts): { readonly label: number; readonly parts: object };
  attentionOnBird(map: ArrayLike<number>, parts: object, square: number): Readonly<Record<string, number>>;
}

/**
 * Drawn birds that the model's run is tested on, evenly from all kinds.
 *
 * @throws FGKD_INVALID_CONFIG for a model of other images
 */
export async function drawnBirds(model: string, asked: number, { load }: Environment): Promise<readonly AskedImage[]> {
  // fgkd's own module.
  const birds = (await load("fgkd/plugins")) as unknown as BirdTools;
  const counts = birdsOf(model);
  const total = birds.birdCount("test", counts);
  const count = Math.min(asked, total);
  return Array.from({ length: count }, (_, place): AskedImage => {
    const index = Math.floor((place * total) / count);
    const { label, parts } = birds.birdParts("test", index, counts);
    return {
      name: `bird ${index}`,
      given: ({ input }) => birds.drawBird("test", index, input.resize, counts),
      className: (classes) => classes[label],
      shares: (map, { input: { transforms, crop, resize } }) =>
        transforms?.test ? undefined : birds.attentionOnBird(map, parts, crop / resize),
    };
  });
}

/** What the data of the run says of its birds. */
function birdsOf(model: string): Counts {
  const [found] = findModels(model);
  const data = ((found?.stage ?? found?.run)?.data ?? {}) as Counts;
  const { name, classes, train, validation, test, seed, size } = data;
  if (name !== "birds")
    throw invalidConfig("--drawn", "the first model is not of a run on drawn birds", "Name images instead.");
  const said = Object.entries({ classes, train, validation, test, seed, size });
  return Object.fromEntries(said.filter(([, value]) => value !== undefined && value !== null));
}
