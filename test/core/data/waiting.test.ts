import { expect, test } from "vitest";
import { watchSource } from "../../../core/data/waiting.js";

let time = 0;

/** Hands out two empty batches a pass, after so many milliseconds each. */
function slowSource(milliseconds: number) {
  const closed: string[] = [];
  const source = {
    classes: [],
    fingerprint: "",
    count: () => 2,
    batchCount: () => 2,
    close: async () => {},
    async *batches({ split }: { readonly split: string }) {
      try {
        for (let batch = 0; batch < 2; batch++) {
          time += milliseconds;
          yield {};
        }
      } finally {
        closed.push(split);
      }
    },
  };
  const watched = watchSource(source, () => time);
  const walk = (split: "train" | "test") =>
    watched.source.batches({ split, mode: split, epoch: 0, seed: "", batchSize: 1, skip: 0, input: {} as never });
  return { ...watched, walk, closed };
}

test("what is waited for counts as a share of all the time that a pass takes", async () => {
  const { share, walk } = slowSource(10);
  expect(share()).toBeNull();
  for await (const _ of walk("train")) time += 30;
  expect(share()).toBeCloseTo(20 / 80);
});

test("tests within a pass of training count once as time, and with what they wait for", async () => {
  const { share, walk } = slowSource(10);
  for await (const _ of walk("train")) for await (const _ of walk("test")) time += 5;
  expect(share()).toBeCloseTo(60 / 80);
});

test("time between two passes is nobody's, and a pass that is left early is closed", async () => {
  const { share, walk, closed } = slowSource(10);
  for await (const _ of walk("train")) {
    time += 10;
    break;
  }
  expect(closed).toEqual(["train"]);
  time += 1000;
  expect(share()).toBeCloseTo(10 / 20);
});
