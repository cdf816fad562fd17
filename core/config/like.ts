/** Roles that are like another one: what is not said of them is as that one has it. */
import { invalidConfig, unknownName } from "../values/errors.js";
import { merge } from "../values/merge.js";
import type { ModelSettings } from "./model-settings.js";

type Models = Readonly<Record<string, ModelSettings>>;

interface Said {
  readonly like?: unknown;
  readonly input?: object;
}

/** The part of a layer of settings that speaks of models. */
interface Layer {
  readonly config: { readonly models?: Readonly<Record<string, Said | undefined>> };
}

/**
 * The models with every `like` carried out: what layers say of such a role is laid over all that they say of the other one, whichever
 * layer it comes from.
 *
 * @param models the layers' sum
 * @param set told the path of every value that a role has from another, and that one's path
 * @throws FGKD_UNKNOWN_NAME where there is no such role, FGKD_INVALID_CONFIG where roles are like each other
 */
export function likeOthers(
  models: Models,
  layers: readonly Layer[],
  set: (path: string, from: string) => void = () => {},
): Models {
  const resolve = (role: string, asked: readonly string[] = []): ModelSettings => {
    const { like, ...own } = models[role] as ModelSettings;
    if (like === undefined || like === null) return own;
    const chain = [...asked, role];
    if (!Object.hasOwn(models, like)) throw unknownName("model role", like, Object.keys(models));
    if (chain.includes(like))
      throw invalidConfig(
        `models.${role}.like`,
        `${[...chain, like].join(" is like ")}`,
        "Let one of them say its backbone itself.",
      );
    const { input, ...other } = resolve(like, chain);
    const hasItsOwn = layers.some(({ config }) => isEmpty(config.models?.[role]?.input));
    const said = new Set<string>();
    const laid = layers.reduce<object>(
      (below, { config }) => {
        const { like: _, ...over }: Said = config.models?.[role] ?? {};
        return merge(below, over, (path) => said.add(path));
      },
      hasItsOwn || input === undefined ? other : { ...other, input },
    ) as ModelSettings;
    for (const path of leaves(laid)) if (!said.has(path)) set(`models.${role}.${path}`, `models.${like}.${path}`);
    return laid;
  };
  return Object.fromEntries(Object.keys(models).map((role) => [role, resolve(role)]));
}

function isEmpty(value: object | undefined): boolean {
  return value !== undefined && Object.keys(value).length === 0;
}

function leaves(value: object, prefix = ""): readonly string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = `${prefix}${key}`;
    return typeof inner === "object" && inner !== null && !Array.isArray(inner) ? leaves(inner, `${path}.`) : [path];
  });
}
