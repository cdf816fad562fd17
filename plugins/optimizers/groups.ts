/** Parameter groups: which weights learn at another rate, do not decay, or stay as they are. */
import { invalidOption, missingField, type ParameterGroup } from "../../core/index.js";

export interface LayerDecayOptions {
  /** The learning rate of each depth, relative to the next one. 0.65 to 0.9 are usual. */
  readonly rate: number;
}

export interface NoDecayOptions {
  /** Weights of at most so many dimensions do not decay: 1 is norms and biases. Default 1; `null`: none by dimensions. */
  readonly rank?: number | null;
  /** Nor do these, by name; `*` stands for any text. Default: none. */
  readonly names?: readonly string[];
}

export interface FreezeOptions {
  /** What stays as it is, by name; `*` stands for any text: `["conv1.*", "layer1.*"]`. */
  readonly names: readonly string[];
}

export interface NewLayersOptions {
  /** Multiplies the learning rate of weights that no file filled. 10 is usual. */
  readonly factor: number;
}

/**
 * `rate ^ (deepest − depth)`: the nearer to the images, the slower. A stage's own helpers learn at the full rate.
 *
 * @throws FGKD_MISSING_FIELD when the model does not say how deep its weights lie
 * @see "ELECTRA", 2020; "BEiT", 2021
 */
export function layerDecay({ rate }: LayerDecayOptions): ParameterGroup {
  if (!(rate > 0 && rate <= 1))
    throw invalidOption("parameter group layer-decay", "rate", "in (0, 1]", rate, "Try 0.75.");
  return ({ name, depth, deepest }) => {
    if (name.startsWith("helpers/")) return {};
    if (deepest === undefined)
      throw missingField("parameter group layer-decay", "depths", "The backbone has to say how deep its weights lie.");
    return { factor: rate ** (deepest - (depth ?? deepest)) };
  };
}

export function noDecay({ rank, names }: Required<NoDecayOptions>): ParameterGroup {
  if (rank !== null && !(Number.isInteger(rank) && rank >= 0))
    throw invalidOption("parameter group no-decay", "rank", "a whole number of at least 0", rank, "Try 1.");
  const isNamed = matcher("no-decay", names);
  return ({ name, variable }) => ((rank !== null && variable.rank <= rank) || isNamed(name) ? { weightDecay: 0 } : {});
}

export function freeze({ names }: FreezeOptions): ParameterGroup {
  const isNamed = matcher("freeze", names);
  return ({ name }) => ({ frozen: isNamed(name) });
}

export function newLayers({ factor }: NewLayersOptions): ParameterGroup {
  if (!(factor >= 0))
    throw invalidOption("parameter group new-layers", "factor", "a number of at least 0", factor, "Try 10.");
  return ({ isNew }) => (isNew ? { factor } : {});
}

function matcher(group: string, patterns: readonly string[]): (name: string) => boolean {
  if (!Array.isArray(patterns) || patterns.some((pattern) => typeof pattern !== "string"))
    throw invalidOption(`parameter group ${group}`, "names", "a list of texts", patterns, 'Try ["layer1.*"].');
  const parts = patterns.map((pattern: string) => pattern.split("*"));
  return (name) => parts.some((texts) => matches(texts, name));
}

/** Whether the texts follow each other in the name, the first at its begin and the last at its end. */
function matches([first = "", ...others]: readonly string[], name: string): boolean {
  if (others.length === 0) return name === first;
  if (!name.startsWith(first)) return false;
  const last = others.at(-1) as string;
  let from = first.length;
  for (const text of others.slice(0, -1)) {
    const found = name.indexOf(text, from);
    if (found < 0) return false;
    from = found + text.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
