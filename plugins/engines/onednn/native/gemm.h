// Matrix products C = A B in single precision, on all threads. How a product is cut follows from its sizes alone, so the
// same inputs give the same bytes, whatever the number of threads.
#pragma once
#include <cstddef>

namespace fgkd {

/**
 * A matrix whose lines are contiguous: line l at data + offsetOf(l). Lines are rows, or columns if `transposed`. Lines
 * that are pixels of a convolution with strides lie on a grid: `width` of them, `stride` apart, make a row of pixels,
 * `height` such rows, `rowStride` apart, an image.
 */
struct Matrix {
  const float* data;
  size_t stride;
  bool transposed = false;
  size_t width = 0, height = 0, rowStride = 0, imageStride = 0;

  /** Always inline: compiled for several instruction sets, it must not become a function that they share. */
  __attribute__((always_inline)) size_t offsetOf(size_t line) const {
    if (width == 0) return line * stride;
    return line / (width * height) * imageStride + line / width % height * rowStride + line % width * stride;
  }
};

/** What becomes of the sums of a row of C. `bias`, one value per column, may be null; `activation` as for convolutions. */
struct Finish {
  const float* bias = nullptr;
  int activation = 0;
};

/** Products of a batch, `m` × `k` times `k` × `n`; a batch stride of 0 serves all with one matrix. C's rows may lie on a grid. */
struct Product {
  size_t m, n, k;
  Matrix a, b, c;
  Finish finish;
  size_t batch = 1, aBatch = 0, bBatch = 0, cBatch = 0;
};

/** Computes all of a product. What C held before is lost. */
void multiply(const Product& product);

/** Columns of B that one piece may have, so that what is packed of them fits the second cache. */
constexpr size_t kPieceColumns = 256;

/** A piece of a product for one thread: ranges of C's rows and columns, and of the depth. */
struct ProductPiece {
  size_t rowBegin, rowEnd, columnBegin, columnEnd, depthBegin, depthEnd;
};

}  // namespace fgkd
