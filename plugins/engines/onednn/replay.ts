/** Calls of the addon that were noted, made again on other memory. */
import * as tf from "@tensorflow/tfjs";
import type { Recording } from "../../../core/ops/index.js";
import type { ConvHandle, Stored } from "./addon.js";
import type { OnednnBackend } from "./backend.js";
import { packedFilter } from "./packed-filters.js";
import type { Faces, ImageShape } from "./tensor-data.js";
import type { Native } from "./witness.js";

/** A way in which a tensor's values are at hand. */
export type Face = keyof Faces;

type ViewType = Float32ArrayConstructor | Int32ArrayConstructor | Uint8ArrayConstructor | Uint16ArrayConstructor;

/** An array over the memory of a place. */
export interface View {
  readonly place: number;
  readonly type: ViewType;
  readonly length: number;
}

/** Among what `convRun` takes, the filter in the convolution's layout. */
export const packedAt = 5;

export interface NativeCall {
  readonly run: Native;
  /** What it is given, with gaps for arrays over memory that comes and goes. */
  readonly constants: readonly unknown[];
  readonly views: readonly (View & { readonly at: number })[];
  /** Which of the tensors that are given is the filter that goes, packed, where `packedAt` says. */
  readonly filter?: number;
}

/** Places are numbered: those of what is given, then each as it comes. */
export type Act =
  | { readonly does: "take"; readonly place: number; readonly bytes: number }
  | { readonly does: "give"; readonly place: number }
  | { readonly does: "let go"; readonly given: number }
  | ({ readonly does: "run" } & NativeCall);

export type MadeFace = { readonly face: Face } & (
  | (View & {
      /** Of images in blocks. */
      readonly shape?: ImageShape | undefined;
    })
  | { readonly constant: Stored }
);

interface Made {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  readonly faces: readonly MadeFace[];
}

/** The places of a tensor that is given. */
export type Given = readonly { readonly face: Face; readonly place: number }[];

/** What was noted. */
export interface Noted {
  readonly given: readonly Given[];
  readonly acts: readonly Act[];
  readonly made: readonly Made[];
  /** How many there are. */
  readonly places: number;
}

export class Replay implements Recording {
  readonly used: ReadonlySet<number>;

  constructor(
    private readonly backend: OnednnBackend,
    private readonly noted: Noted,
  ) {
    this.used = new Set(noted.acts.flatMap((act) => (act.does === "let go" ? [act.given] : [])));
  }

  run(given: readonly tf.TensorInfo[]): readonly tf.TensorInfo[] {
    const { backend, noted } = this;
    const memory = new Memory(noted.places);
    for (const [at, faces] of noted.given.entries())
      for (const { face, place } of faces) memory.put(place, faceOf(backend, given[at] as tf.TensorInfo, face));
    const own = new Map<number, ArrayBuffer>();
    try {
      for (const act of noted.acts) {
        if (act.does === "run") this.call(act, memory, given);
        else if (act.does === "take") {
          const buffer = backend.pool.take(act.bytes);
          memory.put(act.place, buffer);
          own.set(act.place, buffer);
        } else if (act.does === "give") {
          backend.pool.give(own.get(act.place) as ArrayBuffer);
          own.delete(act.place);
        } else letGo(backend, given[act.given] as tf.TensorInfo);
      }
    } catch (error) {
      for (const buffer of own.values()) backend.pool.give(buffer);
      throw error;
    }
    return noted.made.map(({ shape, dtype, faces }) => backend.adopt(memory.facesOf(faces), shape, dtype));
  }

  equals(other: Recording): boolean {
    return other instanceof Replay && areSame(this.noted, other.noted);
  }

  private call({ run, constants, views, filter }: NativeCall, memory: Memory, given: readonly tf.TensorInfo[]): void {
    const list = constants.slice();
    for (let i = 0; i < views.length; i++) {
      const view = views[i] as (typeof views)[number];
      list[view.at] = memory.view(view);
    }
    if (filter !== undefined) list[packedAt] = this.packed(list[0] as ConvHandle, given[filter] as tf.TensorInfo);
    run(...list);
  }

  private packed(handle: ConvHandle, filter: tf.TensorInfo): Uint8Array | null {
    return packedFilter(this.backend, handle, this.backend.addon.convPackedBytes(handle), filter);
  }
}

/** What lies in each place during a run: memory of the pool, or the array of a tensor that is given. */
class Memory {
  readonly #sources: (ArrayBuffer | Stored | undefined)[];
  /** The array over each that was asked for last: most are asked for in one way. */
  readonly #views: (Stored | undefined)[];

  constructor(places: number) {
    this.#sources = new Array(places);
    this.#views = new Array(places);
  }

  put(place: number, source: ArrayBuffer | Stored): void {
    this.#sources[place] = source;
    if (isArray(source)) this.#views[place] = source;
  }

  view({ place, type, length }: View): Stored {
    const known = this.#views[place];
    if (known && known.length === length && known.constructor === type) return known;
    const source = this.#sources[place] as ArrayBuffer | Stored;
    const made = isArray(source)
      ? new type(source.buffer as ArrayBuffer, source.byteOffset, length)
      : new type(source, 0, length);
    this.#views[place] = made;
    return made;
  }

  facesOf(made: readonly MadeFace[]): Faces {
    const entries = made.map((one) => {
      if ("constant" in one) return [one.face, one.constant.slice()];
      const values = this.view(one);
      return [one.face, one.face === "blocked" ? { values, shape: one.shape } : values];
    });
    // What `TensorData.faces` said of the tensor that was made first.
    return Object.fromEntries(entries) as Faces;
  }
}

/** A tensor's values in this way; made so, if they are not. */
function faceOf(backend: OnednnBackend, info: tf.TensorInfo, face: Face): Stored {
  const { faces } = backend.data.get(info.dataId);
  if (face === "blocked") return faces.blocked?.values ?? backend.blocked(info);
  if (face === "bf16") return backend.stored(info);
  return backend.values(info);
}

/** A holder of its values less: tfjs is told as it tells itself. */
function letGo(backend: OnednnBackend, { dataId }: tf.TensorInfo): void {
  if (backend.disposeData(dataId)) tf.engine().removeDataId(dataId, backend);
}

export function isArray(value: unknown): value is Stored {
  return ArrayBuffer.isView(value);
}

/** Whether two notes say the same: functions, prepared convolutions and types are compared by identity. */
function areSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (isArray(one) || isArray(other))
    return isArray(one) && isArray(other) && one.constructor === other.constructor && areSameValues(one, other);
  // What native code made has a prototype of none of ours.
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  const keys = Object.keys(one);
  if (keys.length === 0 && !Array.isArray(one)) return false;
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => areSame(one[key as keyof typeof one], other[key as keyof typeof other]))
  );
}

function areSameValues(one: Stored, other: Stored): boolean {
  return one.length === other.length && one.every((value, at) => Object.is(value, other[at]));
}
