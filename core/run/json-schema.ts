/** A JSON Schema of configuration files, with every registered name and its options: editors complete and check by it. */
import { z } from "zod";
import { configSchema, stageSchema } from "../config/schema.js";
import type { Registries } from "../lifecycle/registries.js";
import type { OptionsSchema } from "../values/schema.js";

type Node = Record<string, unknown> & { properties?: Record<string, Node>; items?: Node };

const settings = { io: "input", unrepresentable: "any" } as const;

/**
 * Draft 2020-12. An entry whose options nobody described with `describeOptions` takes any.
 *
 * @param registries of a run, with the plugins of the project
 */
export function configJsonSchema(registries: Registries): object {
  const schema = z.toJSONSchema(configSchema, settings) as Node;
  nameEntries(schema, registries);
  const stage = z.toJSONSchema(stageSchema, settings) as Node;
  nameEntries(stage, registries);
  delete stage.$schema;
  schema.properties = {
    $schema: { type: "string" },
    preset: { type: "string" },
    plugins: { type: "array", items: { type: "string" } },
    ...schema.properties,
    stages: { type: "object", additionalProperties: stage },
  };
  return schema;
}

/** Puts what is registered in the places of a run's, or a stage's, settings that choose it. */
function nameEntries({ properties = {} }: Node, registries: Registries): void {
  const list = (kind: keyof Registries, beside: object = {}) => ({
    type: "array",
    items: { anyOf: branches(registries[kind] as Known, beside) },
  });
  const inside = (name: string) => properties[name]?.properties ?? {};
  const line = { weight: { type: "number", minimum: 0 }, term: { type: "string", minLength: 1 } };
  const { optimizer, input } = { optimizer: inside("optimizer"), input: inside("input") };
  properties.losses = list("losses", line);
  properties.augmenters = list("augmenters");
  properties.teachers = list("teachers");
  properties.data = orNull(choice(registries.sources as Known));
  properties.optimizer = choice(registries.optimizers as Known, {
    ...optimizer,
    schedule: choice(registries.schedules as Known),
    groups: list("groups"),
  });
  inside("evaluation").metrics = list("metrics");
  const transforms = orNull(list("transforms"));
  input.transforms = { type: "object", properties: { train: transforms, test: transforms } };
  if (properties.engine) properties.engine = { anyOf: [{ type: "string" }, choice(registries.engines as Known)] };
  const role = properties.models?.additionalProperties as Node | undefined;
  if (role?.properties) role.properties.backbone = choice(registries.backbones as Known);
}

interface Known {
  readonly names: readonly string[];
  schemaOf(name: string): OptionsSchema | undefined;
}

/** One of the entries with its options, or, where a layer below has chosen it, options alone. */
function choice(known: Known, beside: object = {}): Node {
  const unnamed: Node = { type: "object", properties: { ...beside, name: { not: {} } } };
  return { anyOf: [...branches(known, beside), unnamed] };
}

/** One for each entry: its name and its options. */
function branches({ names, schemaOf }: Known, beside: object): readonly Node[] {
  return names.map((name) => {
    const schema = schemaOf(name);
    const { properties = {} } = schema ? (z.toJSONSchema(schema, settings) as Node) : {};
    return {
      type: "object",
      properties: { name: { const: name }, ...beside, ...properties },
      required: ["name"],
      ...(schema && { additionalProperties: false }),
    };
  });
}

function orNull(schema: object): Node {
  return { anyOf: [schema, { type: "null" }] };
}
