/** Settings that have another name now: the old one is understood for one version. */
import type { Config, Layer } from "./config.js";

/** What a layer says, under the names of now. Where it says both, the new one counts. */
export function withNewNames(config: Config): Config {
  if (!config.models) return config;
  const models = Object.entries(config.models).map(([role, said]) => {
    if (said?.inputSize === undefined) return [role, said] as const;
    const { inputSize, ...model } = said;
    return [role, { ...model, input: { size: inputSize, ...model.input } }] as const;
  });
  return { ...config, models: Object.fromEntries(models) };
}

/** One line for each old name that a layer uses. */
export function oldNames(layers: readonly Layer[]): readonly string[] {
  return layers.flatMap(({ origin, config }) =>
    Object.entries(config.models ?? {})
      .filter(([, model]) => model?.inputSize !== undefined)
      .map(([role]) => `${origin}: models.${role}.inputSize is called models.${role}.input.size now.`),
  );
}
