// Matrix products C = A B in single precision, on all threads. How a product is cut follows from its sizes alone, so the
// same inputs give the same bytes, whatever the number of threads.
#pragma once
#include <vector>

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

/**
 * What becomes of the sums: `bias`, one value per column, is added, then `residual`, which lies as the rows of a C without a
 * batch do; both may be null.
 * `activation` is numbered as for convolutions.
 */
struct Finish {
  const float* bias = nullptr;
  int activation = 0;
  const float* residual = nullptr;
};

/** Products of a batch, `m` × `k` times `k` × `n`; a batch stride of 0 serves all with one matrix. */
struct Product {
  size_t m, n, k;
  Matrix a, b, c;
  Finish finish;
  size_t batch = 1, aBatch = 0, bBatch = 0, cBatch = 0;
};

/** Computes all of a product. What C held before is lost. */
void multiply(const Product& product);

/** Columns and depth of the part of B that one thread packs at a time, so that it stays in the second cache. */
constexpr size_t kPackedColumns = 256, kPackedDepth = 320;
/** A transposed A is packed at so little depth that its lines are still in a cache when they are read again. */
constexpr size_t kPackedDepthTransposed = 128;

/** The depth [0, k) is worked off in so many parts, the last of which finishes the sums; part i begins at k * i / parts. */
inline constexpr size_t depthParts(size_t k, bool transposed) {
  const size_t most = transposed ? kPackedDepthTransposed : kPackedDepth;
  return k <= most ? 1 : (k + most - 1) / most;
}

/** What one thread computes of a product: ranges of C's rows and columns, and of the depth. */
struct ProductPiece {
  size_t rowBegin, rowEnd, columnBegin, columnEnd, depthBegin, depthEnd;
};

/**
 * Multiplications of every piece that a product is cut into for so many threads, in the order in which they are taken: what a
 * machine with more cores than there are here would have to share out.
 */
std::vector<double> pieceWork(const Product& product, size_t threads);

}  // namespace fgkd
