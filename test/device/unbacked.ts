/** A device whose buffers take no memory, for counting what larger steps ask for than Dawn's null backend has room for. */

/** Bytes that stand for any number of them. */
const standing = 64 << 10;

/**
 * Buffers that shaders read or write are made shorter than asked for, and what is written or copied beyond their ends is left
 * out. Whoever computes on such a device has no results.
 */
export function unback(device: GPUDevice): void {
  const isShort = ({ size, usage, mappedAtCreation }: GPUBufferDescriptor) =>
    size > standing && (usage & GPUBufferUsage.STORAGE) > 0 && !mappedAtCreation;
  const create = device.createBuffer.bind(device);
  device.createBuffer = (wanted) => create(isShort(wanted) ? { ...wanted, size: standing } : wanted);

  const { queue } = device;
  const write = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (buffer, offset, data, from = 0, length?: number) => {
    const unit = ArrayBuffer.isView(data) && "BYTES_PER_ELEMENT" in data ? Number(data.BYTES_PER_ELEMENT) : 1;
    const room = Math.max(buffer.size - offset, 0) / unit;
    write(buffer, offset, data, from, Math.min(length ?? data.byteLength / unit - from, room));
  };
  Object.defineProperty(device, "queue", { value: queue });

  const bind = device.createBindGroup.bind(device);
  const others: GPUBuffer[] = [];
  // One for each binding, since of two parts of a buffer one may be written.
  const other = (binding: number) => {
    others[binding] ??= create({ size: standing, usage: GPUBufferUsage.STORAGE });
    return others[binding];
  };
  const within = ({ binding, resource }: GPUBindGroupEntry): GPUBindGroupEntry => {
    if (!("buffer" in resource) || resource.size === undefined) return { binding, resource };
    const isThere = (resource.offset ?? 0) < resource.buffer.size;
    const { buffer, offset = 0, size } = isThere ? resource : { buffer: other(binding), size: resource.size };
    return { binding, resource: { buffer, offset, size: Math.min(size ?? 0, buffer.size - offset) } };
  };
  device.createBindGroup = ({ entries, ...described }) => bind({ ...described, entries: [...entries].map(within) });

  const encoderOf = device.createCommandEncoder.bind(device);
  device.createCommandEncoder = (described) => {
    const encoder = encoderOf(described);
    const copy = encoder.copyBufferToBuffer.bind(encoder) as (...all: unknown[]) => void;
    const clipped = (source: GPUBuffer, at: number, to: GPUBuffer, toAt: number, bytes: number) => {
      const room = Math.min(source.size - at, to.size - toAt);
      if (room > 0) copy(source, at, to, toAt, Math.min(bytes, room));
    };
    // The engine always says all of it.
    encoder.copyBufferToBuffer = clipped as never;
    return encoder;
  };
}
