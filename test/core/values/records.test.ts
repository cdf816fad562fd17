import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Batch, need, release, replace } from "../../../core/index.js";
import { tinyBatch } from "../../../core/testing/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

beforeAll(() => startEngine("cpu"));

describe("need", () => {
  test("gives the field that is there", () => {
    const labels = tf.tensor2d([[1, 0]]);
    expect(need<Batch, "labels">({ labels }, "labels", "mine")).toBe(labels);
    labels.dispose();
  });

  test("names who needs what, and the remedy, where it is not", () => {
    expect(() => need<Batch, "teacherLogits">({}, "teacherLogits", "mine", "List teacherLogits() before it.")).toThrow(
      'FGKD_MISSING_FIELD [mine] needs "teacherLogits", which no plugin set. List teacherLogits() before it.',
    );
  });

  test("has a remedy of its own where none is given", () => {
    expect(() => need<Batch, "labels">({}, "labels", "mine")).toThrow(
      "List the plugin that provides it before this one.",
    );
  });
});

describe("replace", () => {
  test("frees what it displaces and nothing else", () => {
    const before = tf.memory().numTensors;
    const batch = tinyBatch();
    const images = tf.tidy(() => batch.images.mul<tf.Tensor4D>(2));
    const changed = replace<Batch>(batch, { images });
    expect([batch.images.isDisposed, images.isDisposed, batch.labels.isDisposed]).toEqual([true, false, false]);
    release(changed);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("leaves the old record as it was", () => {
    const batch: Batch = { indices: [1] };
    expect(replace(batch, { indices: [2] })).toEqual({ indices: [2] });
    expect(batch.indices).toEqual([1]);
  });

  test("keeps a tensor that is put in its own place", () => {
    const batch = tinyBatch();
    expect(replace<Batch>(batch, { images: batch.images }).images?.isDisposed).toBe(false);
    release(batch);
  });
});

test("release frees every tensor of a record", () => {
  expect(() => release(tinyBatch())).not.toLeak();
});

test("a field of version 0.1 that is called otherwise is told by its new name", () => {
  const record = {} as { readonly stages?: unknown; readonly teacherStages?: unknown };
  expect(() => need(record, "stages", "mine")).toThrow(/\[mine\].*stages.*`maps` now/);
  expect(() => need(record, "teacherStages", "mine", "List it.")).toThrow("`teacherMaps` now");
});

test("tensors in a record within a record are freed, and displaced, with it", () => {
  const map = () => tf.zeros([1, 1, 1, 1]) as tf.Tensor4D;
  const before = tf.memory().numTensors;
  const given: Batch = { teacherMaps: { layer1: map(), layer2: map() } };
  const batch = replace(given, { teacherMaps: { layer3: map() } });
  expect(tf.memory().numTensors).toBe(before + 1);
  release(batch);
  expect(tf.memory().numTensors).toBe(before);
});
