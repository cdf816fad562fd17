/** Which samples a pass visits, and how often each has been visited in it before. */
import { createRandom, type Pass } from "../../../core/index.js";
import { orderOf } from "./plan.js";

/** How training draws samples: each once an epoch, of each class as many, or each several times in a row. */
export const samplers = ["shuffled", "balanced", "repeated"] as const;

export type Sampler = (typeof samplers)[number];

/** How often a sample comes in a row where it is repeated: DeiT's number. */
const COPIES = 3;

export interface Visits {
  /** Positions in the split, as many as it has samples. */
  readonly order: readonly number[];
  /** Of each visit, how often its sample was there before: what is random about it differs each time. */
  readonly repeats: readonly number[];
}

/** @param labels of the split's samples */
export function visitsOf(
  pass: Pick<Pass, "mode" | "seed" | "epoch">,
  labels: readonly number[],
  sampler: Sampler,
): Visits {
  if (sampler === "shuffled" || pass.mode === "test") {
    return { order: orderOf(pass, labels.length), repeats: new Array<number>(labels.length).fill(0) };
  }
  if (sampler === "repeated") return repeated(orderOf(pass, labels.length));
  return balanced(`${pass.seed}/${pass.epoch}/balanced`, labels);
}

/**
 * Each sample three times in a row, so that a batch has several views of it; as many visits as there are samples, so that an
 * epoch is as long and sees a third of them.
 *
 * @see "Augment your batch: improving generalization through instance repetition", 2020; DeiT, section 6 (repeated augmentation)
 */
function repeated(shuffled: readonly number[]): Visits {
  const visits = shuffled.map((_, visit) => visit);
  return {
    order: visits.map((visit) => shuffled[Math.floor(visit / COPIES)] as number),
    repeats: visits.map((visit) => visit % COPIES),
  };
}

/**
 * Rounds in each of which every class that has a sample comes once, in an order of the round's own; within a class its samples
 * come one after the other, shuffled anew when all have been. As many visits as there are samples, so that an epoch is as long.
 */
function balanced(seed: string, labels: readonly number[]): Visits {
  const byClass = new Map<number, number[]>();
  labels.forEach((label, position) => {
    const own = byClass.get(label);
    if (own) own.push(position);
    else byClass.set(label, [position]);
  });
  const classes = [...byClass.keys()].sort((a, b) => a - b);
  const rounds = createRandom(`${seed}/rounds`);
  const walks = new Map(classes.map((label) => [label, walkOf(`${seed}/${label}`, byClass.get(label) as number[])]));
  const order: number[] = [];
  const repeats: number[] = [];
  while (order.length < labels.length) {
    for (const at of rounds.permutation(classes.length).slice(0, labels.length - order.length)) {
      const { position, repeat } = (walks.get(classes[at] as number) as Walk)();
      order.push(position);
      repeats.push(repeat);
    }
  }
  return { order, repeats };
}

type Walk = () => { readonly position: number; readonly repeat: number };

/** Through the samples of a class, again and again. */
function walkOf(seed: string, positions: readonly number[]): Walk {
  const random = createRandom(seed);
  let queue: readonly number[] = [];
  let next = 0;
  let repeat = -1;
  return () => {
    if (next === queue.length) {
      queue = random.permutation(positions.length);
      next = 0;
      repeat += 1;
    }
    return { position: positions[queue[next++] as number] as number, repeat };
  };
}
