import { describe, expect, test } from "vitest";
import { createRandom, createRandomStreams, type Random } from "../../../core/index.js";

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.next());
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe("a random stream", () => {
  test("gives the same numbers for the same seed, and others for another", () => {
    expect(draw(createRandom(1), 5)).toEqual(draw(createRandom(1), 5));
    expect(draw(createRandom(1), 5)).not.toEqual(draw(createRandom(2), 5));
  });

  test("gives these numbers for seed 0, so that a run can be repeated elsewhere and later", () => {
    const random = createRandom(0);
    expect([random.next(), random.next()]).toEqual([0.2696061223860069, 0.4824688948635406]);
    expect(random.permutation(6)).toEqual([1, 4, 2, 5, 3, 0]);
  });

  test("draws uniform numbers in [0, 1)", () => {
    const values = draw(createRandom(3), 20_000);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(mean(values)).toBeCloseTo(0.5, 1);
  });

  test("draws every integer below a bound about equally often, and never the bound", () => {
    const random = createRandom(4);
    const counts = new Array<number>(5).fill(0);
    for (let taken = 0; taken < 10_000; taken++) {
      const value = random.integer(5);
      counts[value] = (counts[value] as number) + 1;
    }
    expect(counts).toHaveLength(5);
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  test("draws normals of mean 0 and deviation 1", () => {
    const values = createRandom(5).normals(20_000);
    expect(Math.abs(mean(values))).toBeLessThan(0.03);
    expect(mean(values.map((value) => value ** 2))).toBeCloseTo(1, 1);
  });

  test.each([
    [5, 5],
    [1, 1],
    [0.5, 2],
  ])("draws Beta(%d, %d) with its mean and variance", (alpha, beta) => {
    const random = createRandom(6);
    const values = Array.from({ length: 20_000 }, () => random.beta(alpha, beta));
    const expected = alpha / (alpha + beta);
    const variance = (alpha * beta) / ((alpha + beta) ** 2 * (alpha + beta + 1));
    expect(Math.abs(mean(values) - expected)).toBeLessThan(0.01);
    expect(Math.abs(mean(values.map((value) => (value - expected) ** 2)) - variance)).toBeLessThan(0.005);
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  test("permutes: every place once, every order about equally often", () => {
    const random = createRandom(7);
    const counts = new Map<string, number>();
    for (let taken = 0; taken < 6000; taken++) {
      const order = random.permutation(3);
      expect([...order].sort()).toEqual([0, 1, 2]);
      counts.set(String(order), (counts.get(String(order)) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test("permutes nothing, and one", () => {
    expect(createRandom(8).permutation(0)).toEqual([]);
    expect(createRandom(8).permutation(1)).toEqual([0]);
  });
});

describe("the streams of a run", () => {
  test("are apart: drawing from one does not move another", () => {
    const alone = createRandomStreams(0).stream("mixup").next();
    const streams = createRandomStreams(0);
    draw(streams.stream("erasing"), 10);
    expect(streams.stream("mixup").next()).toBe(alone);
  });

  test("differ by purpose and by seed", () => {
    const first = createRandomStreams(0).stream("a").next();
    expect(createRandomStreams(0).stream("b").next()).not.toBe(first);
    expect(createRandomStreams(1).stream("a").next()).not.toBe(first);
  });

  test("are one per purpose, whoever asks", () => {
    const streams = createRandomStreams(0);
    expect(streams.stream("a")).toBe(streams.stream("a"));
  });

  test.each([
    ["uniform numbers", (random: Random) => random.next()],
    ["normals", (random: Random) => [...random.normals(3)]],
    ["Beta", (random: Random) => random.beta(2, 3)],
    ["integers", (random: Random) => random.integer(1000)],
    ["permutations", (random: Random) => random.permutation(9)],
  ])("go on with %s where they were saved, through JSON, also for a plugin that kept its stream", (_, next) => {
    const streams = createRandomStreams(9);
    const kept = streams.stream("mine");
    next(kept);
    const saved = JSON.parse(JSON.stringify(streams.save()));
    const expected = [next(kept), next(kept)];
    streams.load(saved);
    expect([next(kept), next(kept)]).toEqual(expected);
    const fresh = createRandomStreams(9);
    fresh.load(saved);
    expect([next(fresh.stream("mine")), next(fresh.stream("mine"))]).toEqual(expected);
  });
});
