/** A stage at work: an async generator of optimiser steps that can be left, saved and taken up again at any of them. */

import { type Source, stepsPerEpoch } from "../data/source.js";
import { type BestEpoch, measureEpochs } from "../evaluation/epochs.js";
import type { Model, Role } from "../models/model.js";
import { type ChosenUpdate, startUpdate, type WorkingUpdate } from "../update/chosen.js";
import type { LateReads } from "../update/late-reads.js";
import type { Optimizer } from "../update/optimizer.js";
import { shortPass } from "../values/errors.js";
import type { NamedArray } from "../values/named-array.js";
import type { EpochSummary, StepReport } from "../values/records.js";
import { type SavedState, saveAll } from "../values/state.js";
import { watchMemory } from "../watchdogs/memory.js";
import { countTensors, noTensorCount } from "../watchdogs/tensor-count.js";
import { describePosition } from "./hooks.js";
import { type Stepping, settle, takeStep, trainedBy } from "./step.js";
import type { ComposedTraining } from "./training.js";

/** Where a stage stands between two steps, and all that its next step depends on beside models and random streams. */
export interface StageState {
  readonly epoch: number;
  readonly index: number;
  /** Steps since the stage began; updates of its weights are counted apart, by the optimiser. */
  readonly taken: number;
  readonly finished: boolean;
  /** Of each loss term, over the steps of this epoch. */
  readonly sums: Readonly<Record<string, number>>;
  readonly optimizer?: { readonly count: number; readonly slots: ReadonlyMap<string, NamedArray> };
  readonly plugins: Readonly<Record<string, SavedState>>;
  /** Until it has finished, where the split that epochs are measured on may choose. */
  readonly best?: BestEpoch;
}

export interface RunningStage {
  readonly training: ComposedTraining;
  readonly trains: Role;
  /** Each `next()` takes one step; leaving it, early or not, disposes what it held. */
  steps(): AsyncGenerator<StepReport, void, undefined>;
  /** Between two steps only. Its arrays are the caller's. */
  save(): Promise<StageState>;
  /** Before `steps()`: the steps already taken are replayed as reports without work, so that schedules find their place. */
  load(state: StageState): void;
}

/** What a stage needs from its run. */
export interface StageSurroundings {
  readonly source: Source;
  /** The stage whose batches it is given. Default: its own. */
  readonly batchesOf?: string;
  /** What its config chose. */
  readonly update: ChosenUpdate;
  /** The run's. */
  readonly reads: LateReads;
  /** Told of each finished epoch. */
  record(summary: EpochSummary): void;
}

/** @throws as `measureEpochs` does */
export function createStage(training: ComposedTraining, trains: Role, around: StageSurroundings): RunningStage {
  let state: StageState = { epoch: 0, index: 0, taken: 0, finished: false, sums: {}, plugins: {} };
  let optimizer: Optimizer | undefined;
  /** What plugins hold. Before the stage is taken up again, and once it is left, that is what was saved of it. */
  let held = async (): Promise<StageState["plugins"]> => (state.taken === 0 ? saveAll(training.states) : state.plugins);
  const { watchdogs } = training.config;
  const { weights } = training.config.evaluation;
  const measured = (model: Model) => (weights === "raw" ? model : training.models.view(trains, weights));
  const measures = measureEpochs(training, trains, around.source, measured);
  const tensors = watchdogs.tensors ? countTensors(training.activity, training.logger) : noTensorCount;
  const memory = watchMemory(watchdogs, training.logger, { activity: training.activity });

  async function* steps(): AsyncGenerator<StepReport, void, undefined> {
    for (let replayed = 0; replayed < state.taken; replayed++) yield replayedReport(training.stage);
    if (state.finished || training.config.epochs === 0) return;
    const model = training.models.get(trains);
    const prepared = await prepare(training, around.update, trains, model, state);
    optimizer = prepared.optimizer;
    held = () => saveAll(training.states);
    // The optimiser has its own copy now.
    state = { ...state, optimizer: undefined };
    try {
      const stepping = { ...prepared, training, model, count: tensors, reads: around.reads };
      while (!state.finished) yield* epoch(stepping);
    } finally {
      // A stage that is left between two steps may have one to be read.
      await settle(training, around.reads).finally(async () => {
        const left = saveAll(training.states);
        held = () => left;
        // Why it failed is for whoever asks for it.
        await left.catch(() => undefined);
        optimizer?.dispose();
        optimizer = undefined;
        model.parameters.keepStatisticsOf(() => false);
        for (const stateful of training.states.values()) stateful.dispose?.();
      });
    }
  }

  async function* epoch(stepping: Stepping): AsyncGenerator<StepReport, void, undefined> {
    const { model, optimizer } = stepping;
    const { config, stage } = training;
    const { source } = around;
    const shape = { split: "train", mode: "train", batchSize: config.batchSize } as const;
    const batches = stepsPerEpoch(config, source);
    const course = { learningRate: config.optimizer.learningRate, epochs: config.epochs, steps: batches };
    const pass = {
      ...shape,
      epoch: state.epoch,
      seed: `${config.seed}/${around.batchesOf ?? stage}`,
      skip: state.index,
      input: config.input,
    };
    for await (const raw of source.batches(pass)) {
      const { epoch, index } = state;
      const progress = (epoch * batches + index) / (config.epochs * batches);
      const isLast = index + 1 >= batches;
      const step = { epoch, index, progress, update: optimizer.count, isLast };
      const images = raw.images?.shape[0] ?? config.batchSize;
      const learningRate = around.update.schedule(step, course);
      const losses: Record<string, number> = {};
      await takeStep(stepping, raw, step, learningRate, (read) => {
        Object.assign(losses, read);
        state = { ...state, sums: add(state.sums, read) };
      });
      state = { ...state, index: index + 1, taken: state.taken + 1 };
      const report = { stage, step, losses, learningRate, images };
      if (isLast) await settle(training, around.reads);
      yield isLast ? { ...report, epoch: await endEpoch(model, learningRate), ended: state.finished } : report;
      if (state.index === 0) return;
    }
    // A source that stops short would be asked for the epoch's last batch for ever.
    throw shortPass(stage, state.index, batches);
  }

  /** Measures, tells the plugins, and moves on to the next epoch — before the last report, so that what is saved then is whole. */
  async function endEpoch(model: Model, learningRate: number): Promise<EpochSummary> {
    const { config, stage, hooks } = training;
    const losses = Object.fromEntries(Object.entries(state.sums).map(([name, sum]) => [name, sum / state.index]));
    const { metrics: found, ...on } = await measures.measure(model, state.epoch);
    const metrics: Record<string, number> = { ...found };
    const ended: EpochSummary = { stage, epoch: state.epoch, losses, metrics, learningRate, ...on };
    let stopped = false;
    await hooks.epoch.promise({
      ...ended,
      stop: () => {
        stopped = true;
      },
      measure: (measured) => void Object.assign(metrics, measured),
    });
    const isLast = stopped || state.epoch + 1 >= config.epochs;
    const { best, told, isLast: finished } = await measures.settle(model, ended, state.best, isLast);
    const summary = { ...ended, ...told };
    memory.look(describePosition(stage, { epoch: state.epoch }));
    around.record(summary);
    state = { ...state, epoch: state.epoch + 1, index: 0, sums: {}, finished, best: finished ? undefined : best };
    return summary;
  }

  return {
    training,
    trains,
    steps,
    save: async () => {
      const { optimizer: loaded, best, ...place } = state;
      const own = state.finished ? undefined : ((await optimizer?.save()) ?? structuredClone(loaded));
      const chosen = best && { best: structuredClone(best) };
      return {
        ...place,
        ...chosen,
        ...(own && { optimizer: own }),
        plugins: await held(),
      };
    },
    load: (saved) => {
      state = saved;
    },
  };
}

/** Sets the stage up; when it is taken up again, puts back what setting up has moved: weights, streams, state. */
async function prepare(
  training: ComposedTraining,
  update: ChosenUpdate,
  trains: Role,
  model: Model,
  state: StageState,
): Promise<WorkingUpdate> {
  const { models, config, random, hooks, stage, logger } = training;
  const streams = random.save();
  const weights = state.taken === 0 ? [] : models.built.map((role) => models.get(role).parameters);
  const trained = await Promise.all(weights.map((parameters) => parameters.export()));
  await hooks.setup.promise(training);
  for (const [index, parameters] of weights.entries()) parameters.import(trained[index] ?? new Map());
  // A view that nothing keeps is told before the first step, not at the first test.
  if (config.evaluation.weights !== "raw") models.view(trains, config.evaluation.weights);
  const isNew = (name: string) => !models.isPretrained(trains, name);
  const about = { stage, logger, variables: trainedBy(training, model), model, isNew };
  const prepared = startUpdate(update, about);
  if (state.taken === 0) return prepared;
  random.load(streams);
  if (state.optimizer) prepared.optimizer.load(state.optimizer);
  for (const [plugin, saved] of Object.entries(state.plugins)) await training.states.get(plugin)?.load(saved);
  return prepared;
}

function add(sums: Readonly<Record<string, number>>, losses: Readonly<Record<string, number>>) {
  return Object.fromEntries(Object.entries(losses).map(([name, value]) => [name, (sums[name] ?? 0) + value]));
}

function replayedReport(stage: string): StepReport {
  return { stage, step: { epoch: 0, index: 0, progress: 0 }, losses: {}, learningRate: 0, images: 0, replayed: true };
}
