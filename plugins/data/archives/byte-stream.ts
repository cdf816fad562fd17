/** Takes a stream of bytes apart, and holds no more of it than was asked for. */
export interface ByteStream {
  /** The next bytes, together; `undefined` at the end. @throws what the caller says, when it ends in between */
  block(length: number): Promise<Buffer | undefined>;
  /** The next bytes, as they come. */
  chunks(length: number): AsyncGenerator<Uint8Array, void, undefined>;
  pass(length: number): Promise<void>;
}

/** @param cutShort what to throw when the stream ends too early */
export function createByteStream(source: AsyncIterable<Uint8Array>, cutShort: () => Error): ByteStream {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  const chunks: ByteStream["chunks"] = async function* (length) {
    for (let left = length; left > 0; ) {
      if (rest.length === 0) {
        const { done, value } = await iterator.next();
        if (done) throw cutShort();
        rest = value;
        continue;
      }
      const part = rest.subarray(0, left);
      rest = rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  };
  const isOver = async () => {
    while (rest.length === 0) {
      const { done, value } = await iterator.next();
      if (done) return true;
      rest = value;
    }
    return false;
  };
  return {
    chunks,
    block: async (length) => {
      if (await isOver()) return undefined;
      const parts: Uint8Array[] = [];
      for await (const part of chunks(length)) parts.push(part);
      return Buffer.concat(parts);
    },
    pass: async (length) => {
      for await (const _ of chunks(length));
    },
  };
}
