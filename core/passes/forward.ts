/** The forward part of a pass: noted while the layers run, and run again without them. */
import type * as tf from "@tensorflow/tfjs";
import type { Parameters } from "../models/parameters.js";
import type { Recorder } from "../ops/recording.js";
import type { Outputs } from "../values/records.js";
import { Attempt } from "./attempt.js";
import { type OutputsShape, putTogether, takeApart } from "./outputs.js";
import { hold, infoOf, letGo, type Place, Places, Values } from "./places.js";

/** A tensor that the model answers. */
interface OutputFacts {
  readonly place: Place;
  readonly shape: readonly number[];
  /** Whether it is the very tensor that was given. */
  readonly isGiven: boolean;
}

/** What is to be known of a forward pass beside its recording. Plain data. */
interface ForwardFacts {
  readonly rest: OutputsShape;
  readonly outputs: readonly OutputFacts[];
  /** Of variables with new values: which of those given. */
  readonly updated: readonly { readonly given: number; readonly place: Place }[];
  /** How far each counter moved. */
  readonly counted: readonly (readonly [name: string, by: number])[];
  /** What gradients need, without what is given. */
  readonly saved: readonly Place[];
  /** What whoever asked for the pass adds. */
  readonly further: unknown;
}

/** What a forward pass gives. */
export interface Passed {
  readonly outputs: Outputs;
  /** Those of `outputs`, each once. */
  readonly tensors: readonly tf.Tensor[];
  /** The caller's to let go. */
  readonly saved: readonly tf.TensorInfo[];
}

/** What is done while a pass is noted. */
export interface Work {
  readonly outputs: Outputs;
  /** What outlives it for the sake of gradients. */
  readonly saved: readonly tf.TensorInfo[];
  readonly further: unknown;
}

/** Of work that has no averages of its own. */
const nothingCounted = { counted: new Map<string, number>(), count: () => {} };

/** Forward passes of one kind: of images of one shape, in one mode, with the same outputs. */
export class ForwardPass {
  readonly #attempt = new Attempt<ForwardFacts>();
  #isFirst = true;

  constructor(
    private readonly recorder: Recorder,
    private readonly parameters: Pick<Parameters, "counted" | "count"> = nothingCounted,
  ) {}

  /** Whether it may be repeated. */
  get isReady(): boolean {
    return this.#attempt.ready !== undefined;
  }

  /** What was added when it was noted. */
  get further(): unknown {
    return this.#attempt.ready?.facts.further;
  }

  /** Whether it should be noted now: shapes that come once are not worth it. */
  get shouldNote(): boolean {
    const { isOpen } = this.#attempt;
    if (!this.#isFirst) return isOpen;
    this.#isFirst = false;
    return false;
  }

  /**
   * Runs the layers, and notes what they do.
   *
   * @param given the images, and every variable
   */
  note(given: readonly tf.Tensor[], run: () => Work): Outputs {
    const { recorder, parameters } = this;
    // Held, so that what variables had is let go of by them alone, then as now.
    const before = hold(given);
    const counted = parameters.counted;
    const noting = recorder.begin(before);
    let work: Work;
    try {
      work = run();
    } catch (error) {
      noting.end([]);
      letGo(before);
      throw error;
    }
    const places = new Places(before);
    const { tensors, rest } = takeApart(work.outputs);
    const outputs = tensors.map((tensor) => ({
      place: places.of(tensor),
      shape: tensor.shape,
      isGiven: given.includes(tensor),
    }));
    const updated = given.flatMap((tensor, at) =>
      tensor.dataId === before[at]?.dataId ? [] : [{ given: at, place: places.of(tensor) }],
    );
    const moved = [...parameters.counted].map(([name, value]) => [name, value - (counted.get(name) ?? 0)] as const);
    const saved = work.saved.map((one) => places.of(one)).filter((place) => "made" in place);
    const facts = { rest, outputs, updated, counted: moved.filter(([, by]) => by !== 0), saved };
    const recording = noting.end(places.made);
    letGo(before);
    this.#attempt.add(recording && { recording, facts: { ...facts, further: work.further } });
    return work.outputs;
  }

  /** Does the same without the layers. Only where `isReady`. */
  repeat(given: readonly tf.Tensor[]): Passed {
    const { recording, facts } = this.#attempt.whole;
    // What variables had, whatever they are assigned.
    const before = given.map(infoOf);
    const values = new Values(before, recording.run(before));
    const tensors = facts.outputs.map(({ place, shape, isGiven }) =>
      isGiven && "given" in place ? (given[place.given] as tf.Tensor) : values.tensor(place, shape),
    );
    const saved = facts.saved.map((place) => values.hold(place));
    for (const { given: at, place } of facts.updated) {
      values.assign(given[at] as tf.Variable, place);
    }
    for (const [name, by] of facts.counted) this.parameters.count(name, by);
    return { outputs: putTogether(facts.rest, tensors), tensors, saved };
  }
}
