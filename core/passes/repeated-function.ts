/** A function of tensors within a gradient, such as a loss, that is noted and run again without its operations, as passes of networks are. */
import type * as tf from "@tensorflow/tfjs";
import { isComposing } from "../ops/kernels.js";
import { activeRecorder } from "../ops/recording.js";
import type { Outputs } from "../values/records.js";
import { differentiated } from "./differentiated.js";
import { ForwardPass } from "./forward.js";
import { Kinds } from "./kinds.js";
import { activeTape, isWatched, waysFrom } from "./tape.js";
import { type Layers, TrainingPass } from "./training-pass.js";

/** Of all functions together. */
const kinds = new Kinds(64, (recorder) => new TrainingPass(recorder, new ForwardPass(recorder)));

/**
 * The function's value, with its gradient. Where the engine can, its operations run the first few times alone; what is run then
 * computes the same, byte by byte.
 *
 * @param key of all that decides what it computes, beside its inputs' values and shapes: unique among all functions
 * @param inputs all tensors that it reads; `undefined` where one is absent
 * @param compute reads no values, and draws none
 */
export function repeated<T extends tf.Tensor>(
  key: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  compute: () => T,
): T {
  const recorder = activeRecorder();
  const by = differentiated();
  if (!recorder || by.length === 0 || isWatched() || isComposing()) return compute();
  const named = Object.entries(inputs).flatMap(([name, tensor]) => (tensor ? [[name, tensor] as const] : []));
  const given = named.map(([, tensor]) => tensor);
  const { reached } = waysFrom(by, activeTape(), given);
  const trained = new Map(named.filter(([, { id }]) => reached.has(id)));
  const shapes = named.map(([name, { shape, dtype }]) => [name, shape, dtype]);
  const pass = kinds.of(recorder, JSON.stringify([key, shapes, [...trained.keys()], recorder.kept(given)]));
  if (!pass?.isOpen || trained.size === 0) return compute();
  const layers: Layers = {
    given,
    trained,
    run: () => asOutputs(compute()),
    runAgain: () => {
      // There is one output, and so one gradient, which was noted before the function is repeated.
      throw new Error(`${key}: its gradient was not noted`);
    },
  };
  if (pass.isReady && pass.hasGradient) return onlyOf(pass.repeat(layers));
  return pass.isWorthRunning ? onlyOf(pass.run(layers)) : compute();
}

/** The only output, under a name that outputs may have. */
function asOutputs(value: tf.Tensor): Outputs {
  return { logits: value as tf.Tensor2D };
}

function onlyOf<T extends tf.Tensor>({ logits }: Outputs): T {
  // It was put there by `asOutputs`.
  return logits as tf.Tensor as T;
}
