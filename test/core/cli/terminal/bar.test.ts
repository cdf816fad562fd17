import { createColors } from "picocolors";
import { describe, expect, test } from "vitest";
import { drawBar } from "../../../../core/cli/terminal/bar.js";
import { trackStage } from "../../../../core/cli/terminal/progress.js";
import { duration, wrap } from "../../../../core/cli/terminal/text.js";
import type { StepReport } from "../../../../core/index.js";

const plain = createColors(false);
const about = { stage: "student", title: "student with DADKD", epochs: 120, titleWidth: 24, stageWidth: 8 };
const progress = {
  stage: "student",
  epoch: 12,
  progress: 0.5,
  losses: { "cross-entropy": 2.4831, distillation: 12.481 },
  accuracy: 56.21,
  best: 57,
  imagesPerSecond: 812.4,
  seconds: 80,
  secondsLeft: 79.6,
  finished: false,
};

describe("a bar", () => {
  test.each([40, 50, 60, 70, 80, 90, 100, 120, 200])("fits %i columns", (width) => {
    for (const finished of [true, false]) {
      const line = drawBar(about, { ...progress, finished }, width, plain);
      expect(line.length).toBeLessThanOrEqual(width);
      expect(line).toContain("━");
    }
  });

  test("names each loss where there is room, else tells their sum", () => {
    expect(drawBar(about, progress, 140, plain)).toContain("cross-entropy 2.483  distillation 12.48  acc");
    expect(drawBar(about, progress, 90, plain)).toContain("loss 14.96");
  });
});

describe("progress", () => {
  const report = (epoch: number, index: number, value: number, accuracy?: number): StepReport => ({
    stage: "student",
    step: { epoch, index, progress: (epoch * 2 + index) / 8 },
    losses: { supervised: value },
    learningRate: 0.1,
    images: 10,
    ...(accuracy !== undefined && {
      epoch: { stage: "student", epoch, losses: { supervised: value }, metrics: { accuracy }, learningRate: 0.1 },
    }),
  });

  test("tells the mean loss of the epoch so far, and starts afresh with the next", () => {
    const tracker = trackStage("student", 4);
    tracker.add(report(0, 0, 1), 1);
    expect(tracker.add(report(0, 1, 3), 1).losses.supervised).toBe(2);
    expect(tracker.add(report(1, 0, 7), 1).losses.supervised).toBe(7);
  });

  test("judges speed by steps alone, and time left by everything", () => {
    const tracker = trackStage("student", 4);
    tracker.add(report(0, 0, 1), 2);
    const tested = tracker.add(report(0, 1, 1, 50), 20);
    expect(tested.imagesPerSecond).toBe(5);
    expect(tested.secondsLeft).toBeCloseTo(22 * 7);
  });

  test("keeps the best accuracy, and ends with the last epoch", () => {
    const tracker = trackStage("student", 4, { accuracy: 60, best: 60 });
    expect(tracker.add(report(2, 1, 1, 55), 1)).toMatchObject({ accuracy: 55, best: 60, finished: false });
    expect(tracker.add(report(3, 1, 1, 58), 1)).toMatchObject({ progress: 1, finished: true });
  });
});

describe("words", () => {
  test.each([
    [0.4, "0s"],
    [59.6, "1m 00s"],
    [80, "1m 20s"],
    [3600, "1h 00m"],
    [7500, "2h 05m"],
  ])("%d seconds read %s", (seconds, text) => expect(duration(seconds)).toBe(text));

  test("text is broken at spaces", () => expect(wrap("one two three", 7)).toEqual(["one two", "three"]));
});
