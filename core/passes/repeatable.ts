/** A function of tensors, such as the backward part of a pass: noted while its operations run, and run again without them. */
import * as tf from "@tensorflow/tfjs";
import type { Recorder } from "../ops/recording.js";
import { Attempt } from "./attempt.js";
import { infoOf, type Place, Places, Values } from "./places.js";

interface Fact {
  readonly name: string;
  readonly place: Place;
  readonly shape: readonly number[];
}

/** By name. */
export type Named = Readonly<Record<string, tf.Tensor>>;

/** One that does the same each time: for tensors of the same shapes, whatever their values. */
export class Repeatable {
  readonly #attempt = new Attempt<readonly Fact[]>();

  constructor(private readonly recorder: Recorder) {}

  get isReady(): boolean {
    return this.#attempt.ready !== undefined;
  }

  /** Whether it may become so. */
  get isOpen(): boolean {
    return this.#attempt.isOpen;
  }

  /**
   * Runs the operations, and notes them.
   *
   * @param given all that they read
   */
  note(given: readonly tf.TensorInfo[], run: () => Named): Named {
    const noting = this.recorder.begin(given.map(infoOf));
    let made: Named;
    try {
      made = tf.tidy(() => ({ ...run() }));
    } catch (error) {
      noting.end([]);
      throw error;
    }
    const places = new Places(given);
    const facts = Object.entries(made).map(([name, tensor]) => ({
      name,
      place: places.of(tensor),
      shape: tensor.shape,
    }));
    const recording = noting.end(places.made);
    this.#attempt.add(recording && { recording, facts });
    return made;
  }

  /** Which of what it is given it lets go of. Only where `isReady`. */
  get used(): ReadonlySet<number> {
    return this.#attempt.whole.recording.used;
  }

  /** Does the same without the operations. Only where `isReady`. */
  repeat(given: readonly tf.TensorInfo[]): Named {
    const { recording, facts } = this.#attempt.whole;
    const values = new Values(given, recording.run(given));
    return Object.fromEntries(facts.map(({ name, place, shape }) => [name, values.tensor(place, shape)]));
  }
}
