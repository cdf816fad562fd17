/** The files that the models of a run have their weights from: paths, references to a hub, and short names of these. */
import type { ModelSettings } from "../config/model-settings.js";
import type { Hub } from "../hub/hub.js";
import { isReference, parseReference, referenceText } from "../hub/reference.js";
import type { Role } from "../models/model.js";
import type { PublicWeights } from "../models/public-weights.js";
import { unknownName } from "../values/errors.js";
import type { Logger } from "../values/logger.js";

/** Where a model's weights are. */
export interface WeightsFile {
  /** A path. */
  readonly file: string;
  /** Of a hub: what was asked for, and the commit that it stood for. */
  readonly hub?: { readonly reference: string; readonly commit: string };
}

/** The registry of backbones, as far as their weights go. */
interface Backbones {
  readonly names: readonly string[];
  publicWeights(name: string): readonly PublicWeights[];
}

type Chosen = Pick<ModelSettings, "backbone" | "weights">;

/** Whether weights are meant by a name, of a hub or a short one, and not by a path: `./imagenet` is one. */
export function isNamed(weights: string): boolean {
  return isReference(weights) || /^[a-z][\w-]*$/i.test(weights);
}

/**
 * The reference that settings mean; `undefined` for a path, and where there are no weights.
 *
 * @throws FGKD_UNKNOWN_NAME for a short name that the backbone's entry does not have, FGKD_PATH for what is no reference
 */
export function referenceIn({ backbone, weights }: Chosen, backbones: Backbones): string | undefined {
  if (!weights || !isNamed(weights)) return undefined;
  if (!isReference(weights)) {
    const known = backbones.publicWeights(backbone.name);
    const found = known.find(({ name }) => name === weights);
    const remedy = `A file of that name is written ./${weights}; fgkd list weights shows what each backbone has.`;
    const names = known.map(({ name }) => name);
    if (!found) throw unknownName(`public weights of backbone ${backbone.name}`, weights, names, remedy);
    return found.reference;
  }
  const { repository, ...rest } = parseReference(weights);
  const meant = backbones.names
    .flatMap((name) => backbones.publicWeights(name))
    .find(({ untagged }) => untagged === referenceText({ repository }));
  return meant === undefined ? weights : referenceText({ ...parseReference(meant.reference), ...rest });
}

/**
 * Makes local files of all weights that are somebody else's, each reference once.
 *
 * @param commits what references stood for when the run began: it takes the same again
 * @throws as `Hub.fetch` and `referenceIn` do
 */
export async function fetchWeights(
  models: Readonly<Record<Role, Chosen>>,
  backbones: Backbones,
  hub: Hub,
  logger: Logger,
  commits: Readonly<Record<string, string>> = {},
): Promise<ReadonlyMap<Role, WeightsFile>> {
  const files = new Map<Role, WeightsFile>();
  const fetched = new Map<string, WeightsFile>();
  for (const [role, settings] of Object.entries(models)) {
    const { weights } = settings;
    if (!weights) continue;
    const reference = referenceIn(settings, backbones);
    if (reference === undefined) {
      files.set(role, { file: weights });
      continue;
    }
    if (isReference(weights) && reference !== weights && !fetched.has(reference))
      logger.warn(`${weights} names no tag: its owner means ${reference} by it, which is taken.`);
    const before = Object.hasOwn(commits, reference) ? commits[reference] : undefined;
    const found = fetched.get(reference) ?? (await fetchOne(hub, reference, before));
    fetched.set(reference, found);
    files.set(role, found);
  }
  return files;
}

async function fetchOne(hub: Hub, reference: string, before: string | undefined): Promise<WeightsFile> {
  const { file, commit } = await hub.fetch(reference, before);
  return { file, hub: { reference, commit } };
}
