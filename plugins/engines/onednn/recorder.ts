/**
 * Notes what a piece of work computes with the addon, and does it again on whatever memory is free then: the same requests to the
 * pool and the same calls, in the same order, so that bytes and memory are those of the work itself.
 */
import type * as tf from "@tensorflow/tfjs";
import type { Noting, Recorder, Recording } from "../../../core/ops/index.js";
import type { ConvHandle, Stored } from "./addon.js";
import type { OnednnBackend } from "./backend.js";
import { type Act, type Face, type Given, isArray, type MadeFace, packedAt, Replay, type View } from "./replay.js";
import { type Native, type Witness, watch } from "./witness.js";

/** Shapes, settings, and constants of a network's code: larger arrays are values of somebody else's. */
const largestConstant = 64;

export class OnednnRecorder implements Recorder {
  constructor(private readonly backend: OnednnBackend) {}

  begin(given: readonly tf.TensorInfo[]): Noting {
    return new Notes(this.backend, given);
  }

  kept(given: readonly tf.TensorInfo[]): string {
    const { backend } = this;
    const unusual = given.flatMap((info, at) => {
      const names = facesOf(backend, info).map(([face]) => face);
      return names.join() === "plain" ? [] : [`${at}:${names.join("+")}`];
    });
    return unusual.join();
  }
}

/** The arrays that hold a tensor's values, without filters in layouts of convolutions. */
function facesOf(backend: OnednnBackend, { dataId }: tf.TensorInfo): readonly (readonly [Face, unknown])[] {
  const { plain, blocked, bf16 } = backend.data.get(dataId).faces;
  const all = [
    ["plain", plain],
    ["blocked", blocked?.values],
    ["bf16", bf16],
  ] as const;
  return all.filter(([, values]) => values !== undefined);
}

/** Notes what is done until it is ended. Memory is numbered as it comes. */
class Notes implements Witness, Noting {
  readonly #acts: Act[] = [];
  /** Of memory of the pool by its buffer, of other by its array. */
  readonly #places = new Map<unknown, number>();
  readonly #given: readonly Given[];
  /** Of places that came with what was given: whose they are. */
  readonly #owners = new Map<number, number>();
  readonly #own = new Set<number>();
  /** Which of the given are let go of. */
  readonly #used = new Set<number>();
  #count = 0;
  #isRefused = false;

  constructor(
    private readonly backend: OnednnBackend,
    given: readonly tf.TensorInfo[],
  ) {
    const { pool, addon } = backend;
    // Of two that note at once, neither hears all.
    if (pool.witness) this.refuse();
    pool.witness?.refuse();
    this.#given = given.map((info, at) => this.give(info, at));
    pool.witness = this;
    watch(addon, this);
  }

  private give(info: tf.TensorInfo, at: number): Given {
    return facesOf(this.backend, info).map(([face, values]) => {
      const place = this.#count++;
      const key = isArray(values) ? this.keyOf(values) : values;
      // What two tensors share now they need not share the next time; and what is no array is copied for each kernel.
      if (!isArray(values) || this.#places.has(key)) this.refuse();
      this.#places.set(key, place);
      this.#owners.set(place, at);
      return { face, place };
    });
  }

  took(buffer: ArrayBuffer, bytes: number): void {
    const place = this.#count++;
    this.#places.set(buffer, place);
    this.#own.add(place);
    this.#acts.push({ does: "take", place, bytes });
  }

  gave(buffer: ArrayBuffer): void {
    const place = this.#places.get(buffer);
    this.#places.delete(buffer);
    if (place === undefined) return;
    if (this.#own.delete(place)) {
      this.#acts.push({ does: "give", place });
      return;
    }
    const given = this.#owners.get(place);
    if (given === undefined || this.#used.has(given)) return;
    this.#used.add(given);
    this.#acts.push({ does: "let go", given });
  }

  ran(name: string, run: Native, given: readonly unknown[]): void {
    if (name === "convPack" && this.isPacked(given)) return;
    const filter = name === "convRun" ? this.filterOf(given) : undefined;
    const read = filter === undefined ? given : given.map((one, at) => (at === packedAt ? undefined : one));
    const views: (View & { readonly at: number })[] = [];
    const constants = read.map((one, at) => {
      if (!isArray(one)) return one;
      const place = this.placeOf(one);
      if (place === undefined) return this.constant(one);
      views.push({ at, ...viewOf(one, place) });
      return undefined;
    });
    this.#acts.push({ does: "run", run, constants, views, ...(filter !== undefined && { filter }) });
  }

  refuse(): void {
    this.#isRefused = true;
  }

  end(made: readonly tf.TensorInfo[]): Recording | undefined {
    const { backend } = this;
    if (backend.pool.witness === this) {
      backend.pool.witness = undefined;
      watch(backend.addon);
    }
    const lasting = made.map((info) => ({
      shape: info.shape,
      dtype: info.dtype,
      faces: facesOf(backend, info).map(([face, values]) => this.make(info, face, values)),
    }));
    if (this.#isRefused || this.#own.size > 0) return undefined;
    return new Replay(backend, { given: this.#given, acts: this.#acts, made: lasting, places: this.#count });
  }

  private make({ dataId }: tf.TensorInfo, face: Face, values: unknown): MadeFace {
    const place = isArray(values) ? this.placeOf(values) : undefined;
    // A number that stood in the code, which a gradient needs again.
    if (isArray(values) && place === undefined) return { face, constant: this.constant(values) };
    if (!this.#own.delete(place ?? -1)) this.refuse();
    const { blocked } = this.backend.data.get(dataId).faces;
    const view = viewOf(values as Stored, place ?? -1);
    return { face, ...view, ...(face === "blocked" && { shape: blocked?.shape }) };
  }

  /** Whose filter a convolution reads, if it is one that was given and that it wants in a layout of its own. */
  private filterOf([handle, , filter]: readonly unknown[]): number | undefined {
    const given = this.#owners.get(this.placeOf(filter as Stored) ?? -1);
    if (given === undefined) return undefined;
    return this.backend.addon.convPackedBytes(handle as ConvHandle) > 0 ? given : undefined;
  }

  /** Whether it packs a filter that was given: that belongs to the filter, which has it packed anew when its values are others. */
  private isPacked([, filter, packed]: readonly unknown[]): boolean {
    if (!this.#owners.has(this.placeOf(filter as Stored) ?? -1)) return false;
    const { buffer } = packed as Uint8Array;
    const place = this.#places.get(buffer);
    const taken = this.#acts.pop();
    if (taken?.does !== "take" || taken.place !== place) this.refuse();
    this.#places.delete(buffer);
    this.#own.delete(place ?? -1);
    this.#count--;
    return true;
  }

  private placeOf(values: Stored): number | undefined {
    return this.#places.get(this.keyOf(values));
  }

  private keyOf(values: Stored): unknown {
    return this.backend.pool.owns(values.buffer) ? values.buffer : values;
  }

  private constant(values: Stored): Stored {
    if (values.length > largestConstant || this.backend.pool.owns(values.buffer)) this.refuse();
    return values.slice();
  }
}

function viewOf(values: Stored, place: number): View {
  // An array's constructor makes more of its kind.
  return { place, type: values.constructor as View["type"], length: values.length };
}
