/** The backend of this engine: memory, order and reads of its own; kernels that it lacks run as tfjs has them. */
import * as tf from "@tensorflow/tfjs";
import { engineFailed } from "../../../core/index.js";
import type { Noting, Recorder } from "../../../core/ops/index.js";
import { checkRun } from "./check-run.js";
import { Commands } from "./commands.js";
import { type DispatchCounts, Dispatcher } from "./dispatcher.js";
import { exhausted, Faults } from "./faults.js";
import type { Tuning } from "./kernels/products/tuning.js";
import { groupsFor, repeatWord, unpackBytes } from "./made-on-device.js";
import { bytesOf, TensorMemory } from "./memory.js";
import type { Parts } from "./parts-of-backend.js";
import { Pool } from "./pool.js";
import { Reads } from "./reads.js";
import { Notes } from "./recorder.js";
import type { Dispatch } from "./shader.js";
import type { Slot } from "./slot.js";
import { TensorTable } from "./tensor-table.js";
import { TfjsBackend, type TfjsProgram, type TfjsUniform } from "./tfjs-backend.js";
import { TfjsBuffers } from "./tfjs-buffers.js";
import { tfjsUniforms } from "./tfjs-uniforms.js";
import type { Rule, Update, Updates } from "./together.js";
import { Uploads } from "./uploads.js";
import { Waiting } from "./waiting.js";

/** How the engine uses a device. */
export interface BackendOptions {
  /** Bytes that the buffers of tensors may have in all. Default: as many as the device gives. */
  readonly memory?: number | undefined;
  /** Dispatches that are handed to the queue together. Default 64. */
  readonly submitEvery?: number | undefined;
  /** In which products are multiplied. Sums, and what lies in memory, are float32 always. Default f32. */
  readonly precision?: "f32" | "f16";
}

/** What was done since the start, and what is held. */
export interface BackendStats extends Readonly<DispatchCounts> {
  readonly submissions: number;
  /** From JavaScript to the device. */
  readonly bytesUploaded: number;
  readonly bytesInUse: number;
  /** Kept for reuse. */
  readonly bytesFree: number;
  /** The most that was in use. */
  readonly bytesPeak: number;
}

/** Bytes that every device binds at once. */
const boundByAll = 2 ** 27;

export class GpuBackend extends TfjsBackend implements Recorder {
  /** See {@link BackendOptions.precision}. */
  precision: "f32" | "f16";
  /** Where choices that were measured are kept. Default: nothing is measured, and the same is chosen always. */
  tuning: Tuning | undefined;
  /** Awaited before values that were read are handed over: then nobody else uses the device. Default: nothing. */
  beforeAnswer: (() => Promise<void>) | undefined;
  /** See {@link Recorder.kept}: in one way. */
  readonly kept = () => "";
  readonly parts: Parts;
  readonly #commands: Commands;
  readonly #dispatcher: Dispatcher;
  readonly #faults: Faults;
  readonly #pool: Pool;
  readonly #uploads: Uploads;
  readonly #memory: TensorMemory;
  readonly #reads: Reads;
  readonly #waiting: Waiting;

  constructor(
    device: GPUDevice,
    readonly info: GPUAdapterInfo,
    { memory, submitEvery = 64, precision = "f32" }: BackendOptions = {},
  ) {
    super(device, info);
    this.precision = precision;
    this.tensorMap = new TensorTable(this);
    const lacking = (bytes: number) => exhausted(bytes, this.#pool.bytesInUse, memory);
    this.#faults = new Faults(device, lacking);
    this.#commands = new Commands(device, submitEvery);
    this.#dispatcher = new Dispatcher(device, this.#commands);
    this.#pool = new Pool(
      { create: (bytes) => this.#faults.createBuffer(bytes), exhausted: lacking },
      this.#commands,
      memory,
    );
    this.#uploads = new Uploads(device, this.#pool, (slot, word, words) => {
      const view = { slot, bytes: Math.ceil(words / 4) * 16 };
      this.#dispatcher.encode(repeatWord, [view], { words, word }, groupsFor(words));
    });
    this.#memory = new TensorMemory(this.#pool, this.#uploads);
    this.#reads = new Reads(device, this.#commands, this.#faults, () => this.#pool.beat());
    this.parts = this.partsOf();
    const { maxStorageBuffersPerShaderStage: buffers } = device.limits;
    this.#waiting = new Waiting(this.parts, { buffers, bytes: boundByAll });
    this.takeOver();
  }

  stats(): BackendStats {
    const { bytesInUse, bytesFree, peak: bytesPeak } = this.#pool;
    const made = { submissions: this.#commands.serial - 1, bytesUploaded: this.#uploads.bytes };
    return { ...this.#dispatcher.counts, ...made, bytesInUse, bytesFree, bytesPeak };
  }

  /** A tensor whose values a dispatch is about to write. */
  allocate(shape: readonly number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    const info = this.makeTensorInfo([...shape], dtype);
    this.uploadToGPU(info.dataId);
    return info;
  }

  /**
   * Runs a shader after all that was asked before.
   *
   * @throws FGKD_ENGINE_FAILED, FGKD_OUT_OF_MEMORY also of what went wrong on the device before
   */
  run(dispatch: Dispatch): void {
    this.#faults.check();
    const { shader, reads, writes, numbers, groups } = dispatch;
    checkRun(dispatch, this.device.limits);
    this.#waiting.settleFor(reads, writes);
    const views = [...reads.map((tensor) => this.viewOf(tensor)), ...writes.map((tensor) => this.viewToWrite(tensor))];
    this.#dispatcher.encode(shader, views, numbers, groups);
  }

  /** Runs an update once there are others of its kind, or before anything that depends on it. */
  updateSoon(rule: Rule, update: Update): void {
    this.#waiting.add(rule, update);
  }

  /** Runs updates of one kind, none of which depends on another. */
  updateTogether(all: Updates): void {
    this.#faults.check();
    this.#waiting.run(all);
  }

  /** See {@link Recorder.begin}. */
  begin(given: readonly tf.TensorInfo[]): Noting {
    return new Notes(this.parts, given);
  }

  /** A holder of a tensor's values less; tfjs, which counts buffers, is told. */
  letGo({ dataId }: tf.TensorInfo): void {
    if (this.disposeData(dataId)) tf.engine().removeDataId(dataId, this as unknown as tf.KernelBackend);
  }

  /** Runs what waits for others of its kind. */
  settle(): void {
    this.#waiting.settle();
  }

  // What tfjs calls.

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    // tfjs itself never gives bytes under this type; whoever has pixels does, by `tf.engine().makeTensor`.
    if (!(values instanceof Uint8Array && dtype === "int32")) return super.write(values, shape, dtype);
    const dataId = super.write(null as unknown as tf.backend_util.BackendValues, shape, dtype);
    if (values.length > 0) this.writeBytes(dataId, values);
    return dataId;
  }

  override uploadToGPU(dataId: object): void {
    this.#faults.check();
    this.#waiting.settleFor([{ dataId, shape: [], dtype: "float32" }], []);
    this.#memory.provide(this.tensorMap.get(dataId));
  }

  override submitQueue(): void {
    this.#commands.submit();
    for (const buffer of this.uniformPendingDisposal.splice(0)) buffer.destroy();
  }

  override ensureCommandEncoderReady(): void {
    this.#commands.openEncoder();
  }

  override endComputePassEncoder(): void {
    this.#commands.endPass();
  }

  override recordAndSubmit(
    program: TfjsProgram,
    output: tf.TensorInfo,
    inputs: readonly tf.TensorInfo[],
    uniform?: readonly TfjsUniform[] | null,
  ): void {
    this.#waiting.settleFor(inputs, [output]);
    // Measuring, and pictures of a page, stay as tfjs has them.
    if (this.activeTimers != null || program.pixelsOpType != null) {
      this.endComputePassEncoder();
      super.recordAndSubmit(program, output, inputs, uniform);
      this.#dispatcher.witness?.refuse();
      // They do not say which slots they use.
      this.#commands.submit();
      return;
    }
    this.#faults.check();
    const views = [this.viewToWrite(output), ...inputs.map((tensor) => this.viewOf(tensor))];
    const words = tfjsUniforms(program, [...inputs, output], uniform);
    this.#dispatcher.encodeForeign(program.pipeline, views, words, program.dispatch);
  }

  override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
    const data = this.tensorMap.get(dataId);
    const { values, dtype } = data;
    if (values != null || dtype === "complex64" || dtype === "string") return super.read(dataId);
    this.#faults.check();
    this.#waiting.settleFor([{ dataId, shape: [], dtype }], []);
    const bytes = bytesOf(data);
    if (bytes === 0) return tf.util.getTypedArrayFromDType(dtype as "float32", 0);
    const read = await this.#reads.read(this.#memory.slotOf(data), bytes);
    const result = tf.util.convertBackendValuesAndArrayBuffer(read, dtype) as tf.backend_util.TypedArray;
    data.values = result;
    await this.beforeAnswer?.();
    return result;
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const { values, dtype } = this.tensorMap.get(dataId);
    if (values != null || dtype === "string" || dtype === "complex64") return super.readSync(dataId);
    throw engineFailed(
      "webgpu",
      "values come late from the device, and dataSync(), arraySync() and bufferSync() cannot wait for them",
      "Write await tensor.data(), array() or buffer() in their place.",
    );
  }

  override releaseResource(dataId: object): void {
    if (!this.#memory.letGo(this.tensorMap.get(dataId))) super.releaseResource(dataId);
  }

  private viewOf({ dataId }: tf.TensorInfo) {
    const data = this.tensorMap.get(dataId);
    this.#memory.provide(data);
    return this.#memory.viewOf(data);
  }

  private viewToWrite({ dataId }: tf.TensorInfo) {
    const data = this.tensorMap.get(dataId);
    this.#memory.provide(data);
    return this.#memory.viewToWrite(data, (...copied) => this.copy(...copied));
  }

  private copy(from: Slot, to: Slot, bytes: number, offset: number): void {
    this.#dispatcher.witness?.refuse();
    this.#commands.outsidePass().copyBufferToBuffer(from.buffer, from.offset, to.buffer, offset, bytes);
    from.lastUsed = to.lastUsed = this.#commands.serial;
  }

  private writeBytes(dataId: object, values: Uint8Array): void {
    const data = this.tensorMap.get(dataId);
    this.#memory.provide(data);
    const slot = this.#uploads.sendBytes(values);
    const words = Math.ceil(values.length / 4);
    const packed = { slot, bytes: Math.ceil(words / 4) * 16 };
    this.#dispatcher.encode(unpackBytes, [packed, this.#memory.viewOf(data)], { words }, groupsFor(words));
    this.#uploads.release(slot);
  }

  private partsOf(): Parts {
    const [pool, dispatcher, uploads, memory] = [this.#pool, this.#dispatcher, this.#uploads, this.#memory];
    return {
      ...{ pool, dispatcher, uploads, memory },
      copy: (...copied) => this.copy(...copied),
      run: (dispatch) => this.run(dispatch),
      settle: () => {
        this.#faults.check();
        this.#waiting.settle();
      },
      unshare: (tensor) => void this.viewToWrite(tensor),
      dataOf: ({ dataId }) => this.tensorMap.get(dataId),
      make: (shape, dtype, slot) => memory.tensorOf(this.tensorMap, shape, dtype, slot),
      hold: ({ dataId }) => this.incRef(dataId),
      letGo: (tensor) => this.letGo(tensor),
    };
  }

  /** tfjs' methods that stay work with our commands and our memory. */
  private takeOver(): void {
    const commands = this.#commands;
    Object.defineProperty(this, "commandEncoder", {
      get: () => commands.encoder,
      set: (value) => {
        commands.encoder = value;
      },
    });
    Object.defineProperty(this, "computePassEncoder", {
      get: () => commands.pass,
      set: (value) => {
        commands.pass = value;
      },
    });
    this.bufferManager = new TfjsBuffers(this.device, this.#memory, this.#pool);
    // Buffers need not wait until commands that use them are handed over.
    this.commandQueueOwnedIds = { add: () => {}, has: () => false };
  }
}
