/** The backward part of a pass: noted while the gradients of its operations are taken, and run again without them. */
import * as tf from "@tensorflow/tfjs";
import type { Recorder } from "../ops/recording.js";
import { Attempt } from "./attempt.js";
import { infoOf, type Place, Places, Values } from "./places.js";

interface SlopeFacts {
  readonly variable: string;
  readonly place: Place;
  readonly shape: readonly number[];
}

/** By variable's name. */
export type Slopes = Readonly<Record<string, tf.Tensor>>;

/** Backward passes of one kind: with gradients of the same outputs, for the same variables. */
export class BackwardPass {
  readonly #attempt = new Attempt<readonly SlopeFacts[]>();

  constructor(private readonly recorder: Recorder) {}

  get isReady(): boolean {
    return this.#attempt.ready !== undefined;
  }

  /** Whether it may become so. */
  get isOpen(): boolean {
    return this.#attempt.isOpen;
  }

  /**
   * Takes the gradients, and notes what that does.
   *
   * @param given gradients of outputs, and all that the forward pass was given and saved
   */
  note(given: readonly tf.TensorInfo[], run: () => Slopes): Slopes {
    const noting = this.recorder.begin(given.map(infoOf));
    let slopes: Slopes;
    try {
      slopes = tf.tidy(() => ({ ...run() }));
    } catch (error) {
      noting.end([]);
      throw error;
    }
    const places = new Places(given);
    const facts = Object.entries(slopes).map(([variable, slope]) => ({
      variable,
      place: places.of(slope),
      shape: slope.shape,
    }));
    const recording = noting.end(places.made);
    this.#attempt.add(recording && { recording, facts });
    return slopes;
  }

  /** Which of what it is given it lets go of. Only where `isReady`. */
  get used(): ReadonlySet<number> {
    return this.#attempt.whole.recording.used;
  }

  /** Does the same without the operations. Only where `isReady`. */
  repeat(given: readonly tf.TensorInfo[]): Slopes {
    const { recording, facts } = this.#attempt.whole;
    const values = new Values(given, recording.run(given));
    return Object.fromEntries(facts.map(({ variable, place, shape }) => [variable, values.tensor(place, shape)]));
  }
}
