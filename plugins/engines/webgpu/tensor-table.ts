/** What is known of tensors' values, by their `dataId`s. */
import * as tf from "@tensorflow/tfjs";
import type { TensorData } from "./tfjs-backend.js";

const held = Symbol("fgkd-webgpu");

interface DataId {
  [held]?: TensorData | undefined;
}

/**
 * In place of tfjs' own `DataStorage`, a WeakMap: a step makes hundreds of tensors and frees them again, and each is looked up
 * many times. So what is known of one stands on its `dataId` itself.
 */
export class TensorTable {
  #count = 0;

  constructor(private readonly backend: object) {}

  /** Values that another backend has are moved here first. */
  get(dataId: DataId): TensorData {
    const data = dataId[held];
    if (data?.table === this) return data;
    tf.engine().moveData(this.backend as tf.KernelBackend, dataId);
    // Now it is here.
    return dataId[held] as TensorData;
  }

  set(dataId: DataId, data: TensorData): void {
    this.#count++;
    data.table = this;
    dataId[held] = data;
  }

  has(dataId: DataId): boolean {
    return dataId[held]?.table === this;
  }

  delete(dataId: DataId): boolean {
    if (!this.has(dataId)) return false;
    this.#count--;
    dataId[held] = undefined;
    return true;
  }

  numDataIds(): number {
    return this.#count;
  }
}
