/** Exported models, put together again: their networks with their weights, and what reads images for them. */
import { resolveConfig, type Settings, type SettingsLayer } from "../config/config.js";
import { prepareSource } from "../data/prepared.js";
import type { Source } from "../data/source.js";
import { createRunScope } from "../lifecycle/compose.js";
import type { PluginOption } from "../lifecycle/plugin.js";
import { classesInWeights, inputInWeights } from "../models/about-weights.js";
import { loadWeights } from "../models/weights.js";
import type { Ensembler } from "../registries/entry.js";
import { createModels } from "../run/models.js";
import { startChosenEngine } from "../run/start-engine.js";
import { noArtifacts } from "../values/artifacts.js";
import { corruptFile } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import { createRandomStreams } from "../values/random.js";
import { type FoundModel, findModels } from "./find-models.js";
import type { NamedModel } from "./merged.js";
import { dataOptions, settingsOf } from "./settings.js";

/** Models that are ready to be asked. */
export interface OpenModels {
  /** One at least. */
  readonly models: readonly NamedModel[];
  /** Their files. */
  readonly found: readonly FoundModel[];
  /** Names of the classes, by position in the logits. */
  readonly classes: readonly string[];
  readonly settings: Settings;
  /** Reads images that are in no data set. */
  readonly source: Required<Pick<Source, "read" | "close">>;
  /** How they are merged, where there are several. */
  readonly merge?: Ensembler;
  /** Frees the models, and ends the threads that decode images. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** What registers the backbones, the source `files`, transforms, ensemblers and engines. */
  readonly plugins: PluginOption;
  /** As `findModels` takes them. */
  readonly roles?: readonly string[] | undefined;
  readonly ensembler: { readonly name: string };
  /** Counts more than what files and their run say. */
  readonly layers: readonly SettingsLayer[];
  /** Whether the engine that the settings name is started. Else one runs already. */
  readonly startsEngine: boolean;
  readonly logger: Logger;
}

/**
 * @param path as `findModels` takes it
 * @throws what finding the models, their settings, their weights and the engine throws
 */
export async function openModels(path: string, options: OpenOptions): Promise<OpenModels> {
  const { plugins, logger } = options;
  const found = findModels(path, options.roles);
  const settings = resolveConfig([], [...settingsOf(found), ...options.layers]).run;
  const classes = classesOf(found);
  const scope = createRunScope(plugins, settings, {
    random: createRandomStreams(settings.seed),
    logger,
    classes,
    artifacts: noArtifacts,
    // None of the entries that are chosen here asks for one.
    models: { get: unasked, view: unasked, addView: unasked, built: [], isPretrained: () => false },
  });
  const models = createModels(settings.models, {
    create: (role, { backbone }) => scope.backbones.choose(backbone, `models/${role}`),
    fileOf: (role) => settings.models[role]?.weights ?? undefined,
    load: (role, model, file) => loadWeights(role, model, file, logger, { classes, trained: false }),
    inputIn: inputInWeights,
    homes: { of: () => settings.input, isTrained: () => false },
    logger,
  });
  if (options.startsEngine) await startChosenEngine(settings.engine, scope.engines);
  try {
    const named = found.map(({ name }) => ({ role: name, model: models.get(name) }));
    const merge = named.length > 1 ? scope.ensemblers.choose(options.ensembler) : undefined;
    const data = { name: "files", ...dataOptions(found.at(-1) ?? {}, scope.sources.optionsOf("files")) };
    const source = prepareSource(await scope.sources.choose(data).open([settings.input]), scope.transforms);
    const { read = unasked } = source;
    const close = async () => {
      models.dispose();
      await source.close();
    };
    return {
      models: named,
      found,
      classes,
      settings,
      source: { read, close: source.close },
      ...(merge && { merge }),
      close,
    };
  } catch (error) {
    models.dispose();
    throw error;
  }
}

/** @throws FGKD_CORRUPT_FILE where none of the files says */
function classesOf([first, ...others]: readonly FoundModel[]): readonly string[] {
  const classes = first && classesInWeights(first.file);
  if (classes && classes.length > 0) return classes;
  if (first && others.length > 0) return classesOf(others);
  const remedy = "Give the folder of a run, or a file that a run has left in its models/.";
  throw corruptFile(first?.file ?? "", "does not name its classes", remedy);
}

function unasked(): never {
  throw new Error("nothing of that kind is here");
}
