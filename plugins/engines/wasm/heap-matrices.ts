/** Products, transposes and sums of plain matrices on the wasm heap, by tfjs' compiled kernels. */
import { type WasmBackend, withScratch } from "./heap.js";

/** A row-major matrix of floats on the heap: an address and its extent, without a tensor around it. */
export interface HeapMatrix {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
}

/** tfjs' number for the type float32. */
const float32 = 0;

/**
 * Computes `product = left · right` for one or more `left`, by XNNPACK's dense product (20 GFLOP/s and more).
 *
 * XNNPACK packs `right` first, once for all products of `body`.
 */
export function withRightMatrix(
  backend: WasmBackend,
  right: HeapMatrix,
  body: (multiply: (left: number, rows: number, product: number) => void) => void,
): void {
  const { rows: inner, columns } = right;
  entered(backend, [[right.address, inner * columns]] as const, ([rightId]) => {
    body((left, rows, product) => {
      const operands = [
        [left, rows * inner],
        [product, rows * columns],
      ] as const;
      entered(backend, operands, ([leftId, productId]) => {
        withIntegers(backend, [1, rows, inner, 1, inner, columns], (shapes) => {
          backend.wasm._BatchMatMul(leftId, shapes, 3, rightId, shapes + 12, 3, 0, 0, productId);
        });
      });
    });
  });
}

/** Writes the transpose of `matrix` to `target`. */
export function transposeMatrix(backend: WasmBackend, { address, rows, columns }: HeapMatrix, target: number): void {
  const size = rows * columns;
  entered(
    backend,
    [
      [address, size],
      [target, size],
    ] as const,
    ([from, to]) => {
      withIntegers(backend, [rows, columns, 1, 0], (shape) => {
        backend.wasm._Transpose(from, shape, 2, float32, to, shape + 8, 2);
      });
    },
  );
}

/** sum += term, over `size` floats. */
export function addInPlace(backend: WasmBackend, sum: number, term: number, size: number): void {
  entered(
    backend,
    [
      [sum, size],
      [term, size],
    ] as const,
    ([sumId, termId]) => {
      withIntegers(backend, [size], (shape) => {
        backend.wasm._Add(sumId, shape, 1, termId, shape, 1, float32, sumId);
      });
    },
  );
}

type Operand = readonly [address: number, size: number];

/**
 * Enters regions of the heap in tfjs' table of tensors for the time of `body`, since its kernels take operands by id.
 *
 * The ids are fresh: tfjs caches what it prepares for an operand under its id until that is removed.
 */
function entered<Operands extends readonly Operand[]>(
  backend: WasmBackend,
  operands: Operands,
  body: (ids: { readonly [Key in keyof Operands]: number }) => void,
): void {
  const { tfjs } = backend.wasm;
  const ids = operands.map(([address, size]) => {
    const id = backend.dataIdNextNumber++;
    tfjs.registerTensor(id, size, address);
    return id;
  });
  try {
    // As many ids as operands, by construction.
    body(ids as unknown as { readonly [Key in keyof Operands]: number });
  } finally {
    for (const id of ids) tfjs.disposeData(id);
  }
}

function withIntegers(backend: WasmBackend, values: readonly number[], body: (address: number) => void): void {
  withScratch(backend, values.length, (address) => {
    new Int32Array(backend.wasm.HEAPU8.buffer, address, values.length).set(values);
    body(address);
  });
}
