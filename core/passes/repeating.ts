/** A model whose passes are noted, and run again without their layers, where the engine can and the model says that it may. */
import * as tf from "@tensorflow/tfjs";
import type { Mode, Model, Want } from "../models/model.js";
import { isComposing } from "../ops/kernels.js";
import { activeRecorder, type Recorder } from "../ops/recording.js";
import type { Batch, Outputs } from "../values/records.js";
import { differentiated } from "./differentiated.js";
import { ForwardPass } from "./forward.js";
import { Kinds } from "./kinds.js";
import { assignHeld, infoOf } from "./places.js";
import { activeTape, isLookedAt, waysFrom } from "./tape.js";
import { TrainingPass } from "./training-pass.js";

/** Kinds of passes that are remembered of one model. Images of ever other sizes are not worth it. */
const mostKinds = 16;

/**
 * The model, with passes that are repeated once they were seen to do the same twice. They compute what the layers compute, byte by
 * byte; what it is repeated on is whatever the variables hold then. A model that is not `isRepeatable` is returned as it is.
 */
export function repeating(model: Model): Model {
  if (!model.isRepeatable) return model;
  const passes = new Passes(model);
  return {
    ...model,
    forward: (batch, mode, want) => {
      const recorder = activeRecorder();
      // Whoever traces looks on while kernels run, too.
      if (!recorder || isComposing() || isLookedAt() || !batch.images || batch.images.dtype !== "float32")
        return model.forward(batch, mode, want);
      return passes.run({ recorder, batch, images: batch.images, mode, want });
    },
  };
}

/** What `forward` is asked. */
interface Asked {
  readonly recorder: Recorder;
  readonly batch: Batch;
  readonly images: tf.Tensor4D;
  readonly mode: Mode;
  readonly want: Want | undefined;
}

class Passes {
  readonly #names: readonly string[];
  readonly #variables: readonly tf.Variable[];
  readonly #answers = new Kinds(mostKinds, (recorder) => new ForwardPass(recorder, this.model.parameters));
  readonly #trainings = new Kinds(
    mostKinds,
    (recorder) => new TrainingPass(recorder, new ForwardPass(recorder, this.model.parameters)),
  );

  constructor(private readonly model: Model) {
    const { variables } = model.parameters;
    this.#names = [...variables.keys()];
    this.#variables = [...variables.values()];
  }

  run(asked: Asked): Outputs {
    const { images } = asked;
    const { gradientDepth, kernelDepth } = tf.engine().state;
    if (gradientDepth === 0 || kernelDepth > 0) return this.answer(asked);
    const by = differentiated();
    const isPlain = gradientDepth > 1 || by.length === 0 || waysFrom(by, activeTape(), [images]).reached.has(images.id);
    return isPlain ? this.plain(asked) : this.training(asked, new Set(by));
  }

  private plain({ batch, mode, want }: Asked): Outputs {
    return this.model.forward(batch, mode, want);
  }

  private answer(asked: Asked): Outputs {
    const { parameters } = this.model;
    const derived = asked.mode === "eval" ? parameters.derivedTensors : [];
    const given = [asked.images, ...this.#variables, ...derived];
    const pass = this.#answers.of(asked.recorder, this.kindOf(asked));
    if (pass?.isReady) return pass.repeat(given).outputs;
    if (!pass?.shouldNote) return this.plain(asked);
    return pass.note(given, () => ({
      outputs: tf.tidy(() => this.plain(asked) as Outputs & tf.TensorContainer) as Outputs,
      saved: [],
      further: null,
    }));
  }

  private training(asked: Asked, by: ReadonlySet<tf.Variable>): Outputs {
    const trained = new Map(
      this.#variables.flatMap((variable, at) => (by.has(variable) ? [[this.#names[at] as string, variable]] : [])),
    );
    if (trained.size === 0) return this.plain(asked);
    const kind = `${this.kindOf(asked)} ${[...trained.keys()].join()}`;
    const pass = this.#trainings.of(asked.recorder, kind);
    if (!pass?.isOpen) return this.plain(asked);
    const layers = {
      given: [asked.images, ...this.#variables],
      trained,
      run: () => this.plain(asked),
      runAgain: <T>(work: () => T) => this.putBack(given, work),
    };
    const given = layers.given.map(infoOf);
    if (pass.isReady) return pass.repeat(layers);
    return pass.isWorthRunning ? pass.run(layers) : this.plain(asked);
  }

  /** Does the work with the variables as they were before a pass, and gives them back what they have. */
  private putBack<T>([, ...before]: readonly tf.TensorInfo[], work: () => T): T {
    const { parameters } = this.model;
    const counted = parameters.counted;
    const now = this.#variables.map((variable) => variable.clone());
    try {
      for (const [at, variable] of this.#variables.entries()) assignHeld(variable, before[at] as tf.TensorInfo);
      return work();
    } finally {
      for (const [at, variable] of this.#variables.entries()) variable.assign(now[at] as tf.Tensor);
      tf.dispose(now);
      for (const [name, value] of parameters.counted) parameters.count(name, (counted.get(name) ?? 0) - value);
    }
  }

  /** All that decides what the layers do, beside values on the device. */
  private kindOf({ recorder, images, mode, want }: Asked): string {
    const { parameters } = this.model;
    const kept = this.#names.filter((name) => parameters.keepsStatistics(name));
    return JSON.stringify([images.shape, mode, want ?? {}, kept, recorder.kept([images])]);
  }
}
