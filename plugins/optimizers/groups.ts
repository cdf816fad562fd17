/** Parameter groups: which weights learn at another rate, do not decay, or stay as they are. */
import { z } from "zod";
import { missingField, type OptionsOf, type ParameterGroup } from "../../core/index.js";

/** Among names of weights, all but the head's. */
const backbone = "backbone";

const patterns = z.array(z.string()).readonly();

export const layerDecaySchema = z.object({
  rate: z
    .number()
    .positive()
    .max(1)
    .describe("The learning rate of each depth, relative to the next one; 0.65 to 0.9 are usual."),
});

export const noDecaySchema = z.object({
  rank: z
    .number()
    .int()
    .nonnegative()
    .nullable()
    .default(1)
    .describe("Weights of at most so many dimensions do not decay: 1 is norms and biases; null: none by dimensions."),
  names: patterns.default([]).describe("Nor do these, by name; * stands for any text."),
});

export const freezeSchema = z.object({
  names: patterns.describe(
    "What stays as it is, by name; * stands for any text: [conv1.*, layer1.*]. backbone: all but what belongs to the classes.",
  ),
  epochs: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe("For how many epochs; null: for all of them. Then it is trained with the rest."),
  statistics: z
    .boolean()
    .default(false)
    .describe("Whether batch norms among it also keep their running averages, and normalise by them."),
});

export const newLayersSchema = z.object({
  factor: z
    .number()
    .nonnegative()
    .describe("Multiplies the learning rate of weights that no file filled; 10 is usual."),
});

export type LayerDecayOptions = OptionsOf<typeof layerDecaySchema>;
export type NoDecayOptions = OptionsOf<typeof noDecaySchema>;
export type FreezeOptions = OptionsOf<typeof freezeSchema>;
export type NewLayersOptions = OptionsOf<typeof newLayersSchema>;

/**
 * `rate ^ (deepest − depth)`: the nearer to the images, the slower. A stage's own helpers learn at the full rate.
 *
 * @throws FGKD_MISSING_FIELD when the model does not say how deep its weights lie
 * @see "ELECTRA", 2020; "BEiT", 2021
 */
export function layerDecay({ rate }: LayerDecayOptions): ParameterGroup {
  return ({ name, depth, deepest }) => {
    if (name.startsWith("helpers/")) return {};
    if (deepest === undefined)
      throw missingField("parameter group layer-decay", "depths", "The backbone has to say how deep its weights lie.");
    return { factor: rate ** (deepest - (depth ?? deepest)) };
  };
}

export function noDecay({ rank, names }: Required<NoDecayOptions>): ParameterGroup {
  const isNamed = matcher(names);
  return ({ name, variable }) => ((rank !== null && variable.rank <= rank) || isNamed(name) ? { weightDecay: 0 } : {});
}

export function freeze({ names, epochs, statistics }: Required<FreezeOptions>): ParameterGroup {
  const isNamed = matcher(names.filter((name) => name !== backbone));
  const holdsBackbone = names.includes(backbone);
  return ({ name, inHead }) => {
    const frozen = isNamed(name) || (holdsBackbone && !inHead);
    return frozen ? { frozen: epochs ?? true, keepsStatistics: statistics } : { frozen };
  };
}

export function newLayers({ factor }: NewLayersOptions): ParameterGroup {
  return ({ isNew }) => (isNew ? { factor } : {});
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
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
