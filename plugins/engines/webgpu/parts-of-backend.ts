/** What a backend is made of, for whoever has it do more than kernels do. */
import type * as tf from "@tensorflow/tfjs";
import type { Dispatcher } from "./dispatcher.js";
import type { Copy, TensorMemory } from "./memory.js";
import type { Pool } from "./pool.js";
import type { Dispatch } from "./shader.js";
import type { Slot } from "./slot.js";
import type { TensorData } from "./tfjs-backend.js";
import type { Uploads } from "./uploads.js";

export interface Parts {
  readonly pool: Pool;
  readonly dispatcher: Dispatcher;
  readonly uploads: Uploads;
  readonly memory: TensorMemory;
  readonly copy: Copy;
  run(dispatch: Dispatch): void;
  /** Has what waits run, and throws what went wrong on the device. */
  settle(): void;
  /** Gives a tensor a buffer of its own. */
  unshare(tensor: tf.TensorInfo): void;
  dataOf(tensor: tf.TensorInfo): TensorData;
  /** A tensor of what lies in a slot. */
  make(shape: readonly number[], dtype: tf.DataType, slot: Slot): tf.TensorInfo;
  /** Keeps a tensor's values although it is disposed of. */
  hold(tensor: tf.TensorInfo): void;
  /** A holder of its values less. */
  letGo(tensor: tf.TensorInfo): void;
}
