/** Seeded randomness: one stream per purpose, so that a plugin added to a run does not move another's draws. */
import { createHash } from "node:crypto";
import { randomBeta, randomNormal } from "d3-random";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

type Generator = ReturnType<typeof xoroshiro128plus>;

/** A stream of random numbers. The same seed and purpose give the same numbers on every machine. */
export interface Random {
  /** Uniform in `[0, 1)`. */
  next(): number;
  /** Uniform integer in `[0, below)`. */
  integer(below: number): number;
  /** `length` numbers, normal with mean 0 and standard deviation 1. */
  normals(length: number): Float32Array;
  /** Beta(alpha, beta), in `[0, 1]`. */
  beta(alpha: number, beta: number): number;
  /** A uniformly random order of `0 … length-1`. */
  permutation(length: number): number[];
}

/** The streams of a run, by purpose; they are part of every checkpoint. */
export interface RandomStreams {
  /** The stream of a purpose, created on first use: `streams.stream("student/snapmix")`. */
  stream(purpose: string): Random;
  /** The state of every stream used so far. */
  save(): Readonly<Record<string, readonly number[]>>;
  /** Continues where `save` left off. */
  load(saved: Readonly<Record<string, readonly number[]>>): void;
}

/** A stream that nobody saves: for tests, and for draws that belong to one sample of one epoch. */
export function createRandom(seed: number | string): Random {
  const generator = xoroshiro128plus(hash(String(seed)));
  return fromGenerator(() => generator);
}

/** All streams of a run that starts from `seed`. */
export function createRandomStreams(seed: number): RandomStreams {
  const streams = new Map<string, { generator: Generator; readonly random: Random }>();
  const open = (purpose: string) => {
    const known = streams.get(purpose);
    if (known) return known;
    // The random reads its generator anew each time: plugins keep it while `load` sets it back.
    const entry: { generator: Generator; readonly random: Random } = {
      generator: xoroshiro128plus(hash(`${seed}/${purpose}`)),
      random: fromGenerator(() => entry.generator),
    };
    streams.set(purpose, entry);
    return entry;
  };
  return {
    stream: (purpose) => open(purpose).random,
    // In the order of their names: a resumed run opens them in another order than one that was never interrupted.
    save: () => Object.fromEntries([...streams.keys()].sort().map((name) => [name, open(name).generator.getState()])),
    load: (saved) => {
      for (const [purpose, state] of Object.entries(saved)) open(purpose).generator = xoroshiro128plusFromState(state);
    },
  };
}

function fromGenerator(generator: () => Generator): Random {
  const next = () => uniformFloat64(generator());
  return {
    next,
    integer: (below) => uniformInt(generator(), 0, below - 1),
    // A fresh sampler each time: d3's keeps a spare normal, which a checkpoint could not see.
    normals: (length) => Float32Array.from({ length }, randomNormal.source(next)(0, 1)),
    beta: (alpha, beta) => randomBeta.source(next)(alpha, beta)(),
    permutation: (length) => {
      const order = Array.from({ length }, (_, index) => index);
      for (let last = length - 1; last > 0; last--) {
        const other = uniformInt(generator(), 0, last);
        [order[last], order[other]] = [order[other] as number, order[last] as number];
      }
      return order;
    },
  };
}

function hash(text: string): number {
  return createHash("sha256").update(text).digest().readInt32LE(0);
}
