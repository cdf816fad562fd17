/** The tfjs backend `onednn`: tensors in pooled host memory that JavaScript and native code share without copies. */
import { freemem } from "node:os";
import * as tf from "@tensorflow/tfjs";
import type { Addon, Stored, Values } from "./addon.js";
import type { CompleteOptions } from "./options.js";
import { BufferPool } from "./pool.js";
import { type BackendValues, type Conversions, type Faces, type ImageShape, TensorData } from "./tensor-data.js";

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
export type NumericType = keyof typeof arrays;

export class OnednnBackend extends tf.KernelBackend {
  readonly data = new tf.DataStorage<TensorData>(this, tf.engine());
  readonly pool: BufferPool;
  /** Read by tfjs' CPU matrix product. */
  readonly blockSize = 48;

  /** Whether convolutions should work on images in blocks of eight channels. */
  readonly usesBlocks: boolean;
  /** Whether operands of products are rounded to bf16, and images between them kept so. */
  readonly usesBf16: boolean;

  constructor(
    readonly addon: Addon,
    { layout, precision }: Pick<CompleteOptions, "layout" | "precision">,
  ) {
    super();
    this.pool = new BufferPool({
      allocate: (bytes) => addon.allocate(bytes),
      release: (buffer) => addon.release(buffer),
      // Node 20.13 and later know a container's limit.
      available: () => process.availableMemory?.() ?? freemem(),
    });
    this.usesBf16 = precision === "bf16";
    this.usesBlocks = layout === "blocked";
  }

  /** A tensor with memory of its own, still unwritten. */
  output(shape: readonly number[], dtype: NumericType): tf.TensorInfo {
    return this.adopt({ plain: this.take(dtype, tf.util.sizeFromShape([...shape])) }, shape, dtype);
  }

  /**
   * A tensor in the memory of another, which whoever runs the kernel frees next, and which must not be read from now on; with
   * memory of its own where somebody else holds those values, too.
   */
  successor(of: tf.TensorInfo): tf.TensorInfo {
    const entry = this.data.get(of.dataId);
    const isPooled = ArrayBuffer.isView(entry.values) && this.pool.owns(entry.values.buffer);
    const values = isPooled ? entry.surrender() : undefined;
    return values ? this.adopt({ plain: values }, of.shape, "float32") : this.output(of.shape, "float32");
  }

  /** The same for images in blocks of eight channels. */
  blockedOutput(shape: readonly number[]): tf.TensorInfo {
    const values = this.take("float32", tf.util.sizeFromShape([...shape]));
    return this.adopt({ blocked: { values, shape: shape as unknown as ImageShape } }, shape, "float32");
  }

  /** The same for values kept as bf16. */
  bf16Output(shape: readonly number[]): tf.TensorInfo {
    return this.adopt({ bf16: this.takeBf16(tf.util.sizeFromShape([...shape])) }, shape, "float32");
  }

  /** A tensor of values that were taken for it. */
  adopt(faces: Faces, shape: readonly number[], dtype: tf.DataType): tf.TensorInfo {
    const dataId = {};
    this.data.set(dataId, new TensorData(faces, dtype, 1, this.#convert));
    return { dataId, shape: [...shape], dtype };
  }

  isBf16({ dataId }: tf.TensorInfo): boolean {
    return this.usesBf16 && this.data.get(dataId).bf16 !== undefined;
  }

  /** The values as they are kept: as bf16, or as floats in the order of the shape. */
  stored(info: tf.TensorInfo): Stored {
    return this.data.get(info.dataId).bf16 ?? this.values(info);
  }

  /** Frees what values kept as bf16 were widened to. */
  narrow({ dataId }: tf.TensorInfo): void {
    const widened = this.data.has(dataId) ? this.data.get(dataId).narrow() : undefined;
    if (widened !== undefined) this.giveBack(widened);
  }

  /** Whether the values of these images are at hand in blocks of eight channels. */
  isBlocked({ dataId, shape }: tf.TensorInfo): boolean {
    return this.data.get(dataId).isBlocked(shape);
  }

  /** Whether `blocked` may be asked of this tensor. */
  canBlock({ dataId, shape }: tf.TensorInfo): boolean {
    return shape.length === 4 && (shape[3] as number) % 8 === 0 && this.data.get(dataId).canBlock(shape);
  }

  /** The values in blocks of eight channels, `[n, c / 8, h, w, 8]`; only if `canBlock`. */
  blocked({ dataId, shape }: tf.TensorInfo): Float32Array {
    return this.data.get(dataId).blocked(shape as unknown as ImageShape);
  }

  /** As `aligned`, for kernels that read bf16; the result is kept so if all of `deciding` are, and there are any. */
  asStored(
    inputs: readonly tf.TensorInfo[],
    deciding: readonly tf.TensorInfo[],
  ): { values: Stored[]; output: tf.TensorInfo; result: Stored } {
    if (!this.usesBf16) return this.aligned(inputs);
    const { shape } = inputs[0] as tf.TensorInfo;
    const isKeptSo = deciding.length > 0 && deciding.every((info) => this.isBf16(info));
    const output = isKeptSo ? this.bf16Output(shape) : this.output(shape, "float32");
    return { values: inputs.map((info) => this.stored(info)), output, result: this.stored(output) };
  }

  /** The values of tensors of one shape in an order that all of them share, and a result in that order. */
  aligned(inputs: readonly tf.TensorInfo[]): { values: Float32Array[]; output: tf.TensorInfo; result: Float32Array } {
    const { shape } = inputs[0] as tf.TensorInfo;
    const inBlocks = inputs.some((info) => this.isBlocked(info)) && inputs.every((info) => this.canBlock(info));
    const order = (info: tf.TensorInfo) => (inBlocks ? this.blocked(info) : (this.values(info) as Float32Array));
    const output = inBlocks ? this.blockedOutput(shape) : this.output(shape, "float32");
    return { values: inputs.map(order), output, result: order(output) };
  }

  /** Values for `count` elements from the pool; give them to a tensor, or back with `giveBack`. */
  take<T extends NumericType>(dtype: T, count: number): InstanceType<(typeof arrays)[T]> {
    const type = arrays[dtype];
    const buffer = this.pool.take(count * type.BYTES_PER_ELEMENT);
    return new type(buffer, 0, count) as InstanceType<(typeof arrays)[T]>;
  }

  takeBf16(count: number): Uint16Array {
    return new Uint16Array(this.pool.take(count * Uint16Array.BYTES_PER_ELEMENT), 0, count);
  }

  giveBack(values: Stored): void {
    this.pool.give(values.buffer as ArrayBuffer);
  }

  /** Writes values from JavaScript, which no recording can repeat. */
  copy(from: Stored, to: Stored): void {
    this.pool.witness?.refuse();
    to.set(from);
  }

  /** The values of a tensor, as an array of exactly the type that its dtype means. */
  values(info: tf.TensorInfo): Values {
    const type = arrays[info.dtype as NumericType];
    const { values } = this.data.get(info.dataId);
    // tfjs' CPU kernels may keep integers under a float tensor, for to JavaScript all are numbers.
    return values instanceof type ? values : type.from(values as ArrayLike<number>);
  }

  /* What follows is the contract of tfjs' engine, and of its CPU kernels. */

  override write(values: BackendValues, shape: number[], dtype: tf.DataType): object {
    return this.adopt({ plain: this.#kept(values) }, shape, dtype).dataId;
  }

  override move(dataId: object, values: BackendValues, _shape: number[], dtype: tf.DataType, refCount: number): void {
    this.data.set(dataId, new TensorData({ plain: this.#kept(values) }, dtype, refCount, this.#convert));
  }

  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: BackendValues | string[]): tf.TensorInfo {
    const isText = dtype === "string" && typeof values?.[0] === "string";
    const stored = isText ? (values as string[]).map((text) => tf.util.encodeString(text)) : values;
    return { dataId: this.write(stored as BackendValues, shape, dtype), shape, dtype };
  }

  makeOutput(values: BackendValues, shape: number[], dtype: tf.DataType): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.makeTensorInfo(shape, dtype, values), this);
  }

  override readSync(dataId: object): BackendValues {
    this.pool.witness?.refuse();
    const { values, dtype, complexTensorInfos } = this.data.get(dataId);
    if (complexTensorInfos !== undefined) {
      const real = this.readSync(complexTensorInfos.real.dataId) as Float32Array;
      const imag = this.readSync(complexTensorInfos.imag.dataId) as Float32Array;
      return tf.backend_util.mergeRealAndImagArrays(real, imag);
    }
    // A reader may keep the array longer than the tensor lives, so it must not lie in the pool.
    const converted = tf.util.convertBackendValuesAndArrayBuffer(values as BackendValues, dtype) as BackendValues;
    const read = this.#unshared(converted);
    this.narrow({ dataId, shape: [], dtype });
    return read;
  }

  override async read(dataId: object): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  bufferSync(info: tf.TensorInfo): tf.TensorBuffer<tf.Rank, tf.DataType> {
    const data = this.readSync(info.dataId);
    const values = info.dtype === "string" ? (data as Uint8Array[]).map((text) => tf.util.decodeString(text)) : data;
    return tf.buffer(info.shape, info.dtype, values as tf.TypedArray);
  }

  where(condition: tf.Tensor): tf.Tensor2D {
    return tf.kernel_impls.whereImpl(condition.shape, this.readSync(condition.dataId) as tf.TypedArray);
  }

  override refCount(dataId: object): number {
    return this.data.has(dataId) ? this.data.get(dataId).refCount : 0;
  }

  override incRef(dataId: object): void {
    this.data.get(dataId).refCount++;
  }

  decRef(dataId: object): void {
    if (this.data.has(dataId)) this.data.get(dataId).refCount--;
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const entry = this.data.get(dataId);
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    if (entry.complexTensorInfos !== undefined) {
      this.disposeData(entry.complexTensorInfos.real.dataId, true);
      this.disposeData(entry.complexTensorInfos.imag.dataId, true);
    }
    this.data.delete(dataId);
    this.#free(entry);
    return true;
  }

  disposeIntermediateTensorInfo(info: tf.TensorInfo): void {
    this.disposeData(info.dataId);
  }

  override numDataIds(): number {
    return this.data.numDataIds();
  }

  /** `engineBytes` is what the pool holds, idle buffers included. */
  override memory(): { unreliable: boolean; engineBytes: number } {
    return { unreliable: false, engineBytes: this.pool.bytesInUse + this.pool.bytesIdle };
  }

  override async time(run: () => void): Promise<tf.BackendTimingInfo> {
    const start = tf.util.now();
    run();
    return { kernelMs: tf.util.now() - start };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override dispose(): void {
    this.pool.trim();
    this.addon.releaseScratch();
  }

  readonly #convert: Conversions = {
    blocks: (values, [images, height, width, channels], toBlocks) => {
      const converted = this.take("float32", values.length);
      this.addon.blockChannels(values, converted, images, height * width, channels, !toBlocks);
      return converted;
    },
    widen: (values) => {
      const widened = this.take("float32", values.length);
      this.addon.widenBf16(values, widened);
      return widened;
    },
  };

  /** The same values, outside the pool: CPU kernels may hand on a part of another tensor's memory. */
  #unshared(values: BackendValues): BackendValues {
    return ArrayBuffer.isView(values) && this.pool.owns(values.buffer) ? (values as Float32Array).slice() : values;
  }

  /** Values as a tensor may keep them: threads go on writing where they share memory with this one. */
  #kept(values: BackendValues): BackendValues {
    if (areAlike(values)) {
      // Native code makes zeros and ones, so that a recording can.
      const made = this.take("float32", values.length);
      this.addon.fill(made, values[0] as number);
      return made;
    }
    const isShared = values instanceof Float32Array && values.buffer instanceof SharedArrayBuffer;
    if (!isShared) return this.#unshared(values);
    const copy = this.take("float32", values.length);
    this.copy(values, copy);
    return copy;
  }

  #free(entry: TensorData): void {
    for (const values of entry.arrays()) if (this.pool.owns(values.buffer)) this.giveBack(values);
  }
}

/** Whether these are many floats, and all of them one. */
function areAlike(values: BackendValues): values is Float32Array {
  return values instanceof Float32Array && values.length > 64 && values.every((value) => Object.is(value, values[0]));
}
