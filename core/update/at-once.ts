/** Weights that are moved all at once, where rule and engine can: noted a few times, and then run again without the rule. */
import * as tf from "@tensorflow/tfjs";
import { activeRecorder } from "../ops/recording.js";
import { ForwardPass } from "../passes/forward.js";
import { Kinds } from "../passes/kinds.js";
import { isLookedAt } from "../passes/tape.js";
import type { Move, UpdateRule } from "./rule.js";

export class AtOnce {
  /** By sets of weights: some may be frozen for an epoch. */
  readonly #passes = new Kinds(16, (recorder) => new ForwardPass(recorder));
  #isAble = true;

  /** @param all how many weights there are, of which an update may leave some as they are */
  constructor(
    private readonly rule: UpdateRule,
    private readonly all: number,
  ) {}

  /** Runs inside a tidy. @returns `false`, and moves none, where rule or engine cannot */
  move(moves: readonly Move[]): boolean {
    const { ofMany } = this.rule;
    if (!ofMany || !this.#isAble || moves.length === 0) return false;
    const rates = tf.tensor2d(moves.map((move) => [...ofMany.rates(move)]));
    const given: tf.Tensor[] = [rates];
    for (const { variable, gradient, slots } of moves) given.push(variable, gradient, ...Object.values(slots));
    const work = () => tf.tidy(() => ofMany.move(moves, rates));
    const pass = this.passFor(moves, given);
    if (pass?.isReady) pass.repeat(given);
    // The first is never noted: by then it is known whether the engine can.
    else if (pass?.shouldNote) pass.note(given, () => ({ outputs: {}, saved: [], further: work() }));
    else this.#isAble = work();
    return this.#isAble;
  }

  private passFor(moves: readonly Move[], given: readonly tf.TensorInfo[]): ForwardPass | undefined {
    const recorder = activeRecorder();
    if (!recorder || isLookedAt()) return undefined;
    const names = moves.length === this.all ? "" : moves.map(({ variable }) => variable.name).join();
    return this.#passes.of(recorder, `${names} ${recorder.kept(given)}`);
  }
}
