/**
 * A pass that gradients will be taken of, as one operation on tfjs' tape. Its layers note operations on a tape of their own as
 * long as forward or backward part are not known well enough to be repeated.
 */
import * as tf from "@tensorflow/tfjs";
import type { Recorder } from "../ops/recording.js";
import type { Outputs } from "../values/records.js";
import type { ForwardPass, Work } from "./forward.js";
import { takeApart } from "./outputs.js";
import { hold, infoOf, letGo } from "./places.js";
import { type Named, Repeatable } from "./repeatable.js";
import { activeTape, type TapeNode, taped, waysFrom } from "./tape.js";
import { walkBack } from "./walk-back.js";

/** For each output that gradients may come by, in order, the trained variables that it depends on, by their names. */
type Reach = readonly { readonly output: number; readonly variables: readonly string[] }[];

/** The operations of a pass whose layers ran. */
interface Operations {
  readonly nodes: readonly TapeNode[];
  readonly tensors: readonly tf.Tensor[];
  readonly trained: ReadonlyMap<string, tf.Tensor>;
}

/** What a pass needs of its model. */
export interface Layers {
  /** The images, and every variable. */
  readonly given: readonly tf.Tensor[];
  /** Of the variables those that are differentiated by, by any name. */
  readonly trained: ReadonlyMap<string, tf.Tensor>;
  run(): Outputs;
  /** Does the same once more: what it changes is put back. */
  runAgain<T>(work: () => T): T;
}

/** A pass that was run, until its gradients are taken. */
interface Live {
  readonly tensors: readonly tf.Tensor[];
  readonly reach: Reach;
  /** All that the forward pass was given, held. */
  readonly given: readonly tf.TensorInfo[];
  /** What it saved; held, where the layers did not run. */
  readonly saved: readonly tf.TensorInfo[];
  /** Absent where the layers did not run. */
  readonly operations?: Operations;
}

export class TrainingPass {
  readonly #backward = new Map<string, Repeatable>();

  constructor(
    private readonly recorder: Recorder,
    private readonly forward: ForwardPass,
  ) {}

  /** Whether it is worth running: repeated, or noted. */
  get isWorthRunning(): boolean {
    return this.forward.isReady || this.forward.shouldNote;
  }

  /** Whether the layers need not run. */
  get isReady(): boolean {
    return this.forward.isReady && [...this.#backward.values()].every(({ isReady }) => isReady);
  }

  /** Whether a gradient was taken of it. */
  get hasGradient(): boolean {
    return this.#backward.size > 0;
  }

  /** Whether it is, or may become so. */
  get isOpen(): boolean {
    return [...this.#backward.values()].every(({ isReady, isOpen }) => isReady || isOpen);
  }

  repeat(layers: Layers): Outputs {
    // Held before variables move on.
    const given = hold(layers.given);
    const { outputs, tensors, saved } = this.forward.repeat(layers.given);
    this.add({ tensors, reach: this.forward.further as Reach, given, saved }, layers);
    return outputs;
  }

  /** Runs the layers. */
  run(layers: Layers): Outputs {
    const given = hold(layers.given);
    let operations: Operations | undefined;
    const work = (): Work => {
      const { outputs, ...ran } = runLayers(layers);
      operations = ran;
      return { outputs, saved: savedBy(ran, given), further: reachOf(ran) };
    };
    const outputs = this.forward.isReady ? work().outputs : this.forward.note(layers.given, work);
    // It ran just now.
    const ran = operations as unknown as Operations;
    const saved = savedBy(ran, given).map(infoOf);
    this.add({ tensors: ran.tensors, reach: reachOf(ran), given, saved, operations: ran }, layers);
    return outputs;
  }

  /** Puts the pass on tfjs' tape. */
  private add(live: Live, layers: Layers): void {
    const { tensors, reach, given, operations } = live;
    let [isHeld, saved] = [true, live.saved];
    const dispose = () => {
      if (!isHeld) return;
      isHeld = false;
      letGo(given);
      if (operations) disposeSaved(operations.nodes);
      else letGo(saved);
    };
    const inputsFor = (variables: Iterable<string>) =>
      Object.fromEntries([...new Set(variables)].map((name) => [name, layers.trained.get(name) as tf.Tensor]));
    const inputs = inputsFor(reach.flatMap(({ variables }) => variables));
    if (Object.keys(inputs).length === 0) {
      dispose();
      return;
    }
    const node: TapeNode = {
      id: tf.engine().state.nextTapeNodeId++,
      kernelName: "FgkdPass",
      inputs,
      outputs: reach.map(({ output }) => tensors[output] as tf.Tensor),
      saved: [{ dispose }],
      narrow: (leading) => {
        const used = reach.filter(({ output }) => leading.has((tensors[output] as tf.Tensor).id));
        node.inputs = inputsFor(used.flatMap(({ variables }) => variables));
      },
      gradient: (dys) => {
        const { slopes, left = saved } = this.slopes(live, layers, dys, Object.keys(node.inputs));
        saved = left;
        return Object.fromEntries(Object.entries(slopes).map(([name, slope]) => [name, () => slope]));
      },
    };
    activeTape().push(node);
  }

  /** @returns with what is left of `saved`, if it is less */
  private slopes(
    live: Live,
    layers: Layers,
    dys: readonly (tf.Tensor | null)[],
    wanted: readonly string[],
  ): { readonly slopes: Named; readonly left?: readonly tf.TensorInfo[] } {
    const { operations, reach, saved } = live;
    const before = [...dys.filter((dy) => dy !== null), ...live.given];
    const given = [...before, ...saved];
    const backward = this.backwardFor(dys, wanted, given);
    const walk = (operations: Operations) => slopesOf(operations, reach, dys, wanted);
    if (operations) {
      const walked = () => walk(operations);
      return { slopes: backward.isOpen ? backward.note(given, walked) : tf.tidy(walked) };
    }
    if (backward.isReady) {
      const { used } = backward;
      return { slopes: backward.repeat(given), left: saved.filter((_, at) => !used.has(before.length + at)) };
    }
    // A gradient of other outputs than before: the layers have to run after all.
    const slopes = tf.tidy(() =>
      layers.runAgain(() => {
        const ran = runLayers(layers);
        const slopes = walk(ran);
        disposeSaved(ran.nodes);
        return slopes;
      }),
    );
    return { slopes };
  }

  private backwardFor(
    dys: readonly (tf.Tensor | null)[],
    wanted: readonly string[],
    given: readonly tf.TensorInfo[],
  ): Repeatable {
    const key = `${dys.map((dy) => Number(dy !== null)).join("")} ${wanted.join()} ${this.recorder.kept(given)}`;
    const known = this.#backward.get(key) ?? new Repeatable(this.recorder);
    this.#backward.set(key, known);
    return known;
  }
}

function runLayers(layers: Layers): Operations & { readonly outputs: Outputs } {
  const { result: outputs, nodes } = taped(() => tf.tidy(() => layers.run() as Outputs & tf.TensorContainer));
  const { tensors } = takeApart(outputs as Outputs);
  const { passed } = waysFrom([...layers.trained.values()], nodes, tensors);
  disposeSaved(nodes.filter((node) => !passed.has(node)));
  return { outputs: outputs as Outputs, nodes: [...passed], tensors, trained: layers.trained };
}

/** What gradients need, each value once, without what is given. */
function savedBy({ nodes }: Operations, given: readonly tf.TensorInfo[]): readonly tf.TensorInfo[] {
  const known = new Set(given.map(({ dataId }) => dataId));
  const saved = nodes.flatMap((node) => (node.saved ?? []) as readonly tf.Tensor[]);
  return saved.filter(({ dataId }) => {
    const isNew = !known.has(dataId);
    known.add(dataId);
    return isNew;
  });
}

function reachOf({ nodes, tensors, trained }: Operations): Reach {
  return tensors.flatMap((tensor, output) => {
    const { passed } = waysFrom([...trained.values()], nodes, [tensor]);
    const ids = new Set([...passed].flatMap(({ inputs }) => Object.values(inputs).map(({ id }) => id)));
    const variables = [...trained].filter(([, { id }]) => ids.has(id)).map(([name]) => name);
    return variables.length === 0 ? [] : [{ output, variables }];
  });
}

function slopesOf(
  { nodes, tensors, trained }: Operations,
  reach: Reach,
  dys: readonly (tf.Tensor | null)[],
  wanted: readonly string[],
): Named {
  const given = new Map<number, tf.Tensor>();
  for (const [at, { output }] of reach.entries()) {
    const dy = dys[at];
    if (dy) given.set((tensors[output] as tf.Tensor).id, dy);
  }
  const ends = tensors.filter(({ id }) => given.has(id));
  const { passed, reached } = waysFrom([...trained.values()], nodes, ends);
  const gradients = walkBack(passed, reached, given);
  return Object.fromEntries(
    wanted.map((name) => [name, gradients.get((trained.get(name) as tf.Tensor).id) as tf.Tensor]),
  );
}

function disposeSaved(nodes: Iterable<TapeNode>): void {
  for (const { saved } of nodes) for (const tensor of saved ?? []) tensor.dispose();
}
