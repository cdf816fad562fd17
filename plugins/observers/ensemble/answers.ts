/** What the members of an ensemble say of a split, and where they look. */
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  type Ensembler,
  type Model,
  need,
  release,
  type Settings,
  type Source,
} from "../../../core/index.js";
import { spatialAttention, stackMaps, standardizedMaps } from "../../../core/ops/index.js";
import { blindShares, type Maps, mapCorrelations } from "./agreement.js";

export interface Answers {
  /** Of each image. */
  readonly labels: readonly number[];
  /** Of each member, the class of each image. */
  readonly predictions: readonly (readonly number[])[];
  /** Of each member, the probability that it gives the true class of each image. */
  readonly trueProbabilities: readonly (readonly number[])[];
  /** Of each ensembler, the class of each image. */
  readonly merged: readonly (readonly number[])[];
  /** Of each image; empty where there is one member. */
  readonly correlations: readonly number[];
  readonly blindShares: readonly number[];
}

/** Asks the members, one after the other, for every image of the test split of a source. */
export async function ask(
  members: readonly Model[],
  ensemblers: readonly Ensembler[],
  source: Source,
  { batchSize, input }: Pick<Settings, "batchSize" | "input">,
): Promise<Answers> {
  const labels: number[] = [];
  const correlations: number[] = [];
  const blind: number[] = [];
  const lists = (count: number) => Array.from({ length: count }, (): number[] => []);
  const [predictions, trueProbabilities] = [lists(members.length), lists(members.length)];
  const merged = lists(ensemblers.length);
  const pass = { split: "test", mode: "test", epoch: 0, seed: "", batchSize, skip: 0, input } as const;
  for await (const batch of source.batches(pass)) {
    const answered = tf.tidy(() => answer(members, ensemblers, batch));
    labels.push(...(await answered.labels.data()));
    await append(predictions, answered.predictions);
    await append(trueProbabilities, answered.trueProbabilities);
    if (ensemblers.length > 0) await append(merged, answered.merged);
    if (members.length > 1) {
      const maps: Maps = { ...sidesOf(answered.maps), values: await answered.maps.data() };
      correlations.push(...mapCorrelations(maps));
      blind.push(...blindShares(maps));
    }
    release(answered);
    release(batch);
  }
  return { labels, predictions, trueProbabilities, merged, correlations, blindShares: blind };
}

/** Tensors whose first axis counts members or ensemblers. */
function answer(members: readonly Model[], ensemblers: readonly Ensembler[], batch: Batch) {
  const labels = need(batch, "labels", "ensemble-metrics");
  const looks = members.map((model) =>
    tf.tidy(() => {
      const { logits, features } = model.forward(batch, "eval");
      const known = { logits: need({ logits }, "logits", "ensemble-metrics") };
      return { ...known, map: spatialAttention(need({ features }, "features", "ensemble-metrics")) };
    }),
  );
  const all = looks.map(({ logits }) => logits);
  const maps = stackMaps(looks.map(({ map }) => map));
  const [count, images, height, width] = maps.shape;
  return {
    labels: labels.argMax<tf.Tensor1D>(1),
    predictions: tf.stack(all.map((logits) => logits.argMax(1))),
    trueProbabilities: tf.stack(all.map((logits) => logits.softmax().mul(labels).sum(1))),
    merged: ensemblers.length > 0 ? tf.stack(ensemblers.map((merge) => merge(all).argMax(1))) : tf.zeros([0]),
    maps: standardizedMaps(maps.reshape<tf.Tensor3D>([count * images, height, width])).reshape<tf.Tensor3D>([
      count,
      images,
      height * width,
    ]),
  };
}

function sidesOf({ shape: [members, images, positions] }: tf.Tensor3D): Omit<Maps, "values"> {
  return { members, images, positions };
}

/** Row by row, to the list of each row. */
async function append(lists: readonly number[][], rows: tf.Tensor): Promise<void> {
  const values = await rows.data();
  const length = values.length / lists.length;
  lists.forEach((list, row) => {
    list.push(...values.slice(row * length, (row + 1) * length));
  });
}
