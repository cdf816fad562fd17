/** How a network is registered: by its options, the public weights that fit it, and how it is made of them. */
import {
  describeOptions,
  type FactoryContext,
  type Model,
  type OptionsOf,
  type OptionsSchema,
} from "../../core/index.js";
import { publicWeightsOf } from "./public-weights.js";

/**
 * @param name that it is registered under
 * @param create is given who to name in errors, `backbone resnet18`, and all options
 */
export function backboneEntry<S extends OptionsSchema>(
  name: string,
  schema: S,
  create: (owner: string, options: Required<OptionsOf<S>>, context: FactoryContext) => Model,
) {
  const owner = `backbone ${name}`;
  return {
    ...describeOptions(owner, schema),
    publicWeights: publicWeightsOf(name),
    create: (options: Required<OptionsOf<S>>, context: FactoryContext) => create(owner, options, context),
  };
}

/** The names of a family's usual networks, as they are typed. */
export function namesOf<Name extends string>(usual: Readonly<Record<Name, unknown>>): readonly Name[] {
  // What is written out has no other keys.
  return Object.keys(usual) as Name[];
}
