// Cuts matrix products into pieces for the threads.
#include "gemm.h"

#include <atomic>
#include <new>

#include "engine.h"
#include "loops.h"
#include "parallel.h"

namespace fgkd {
namespace {

/** A piece has about this many multiplications: enough to pay for its packing, few enough to spread evenly. */
constexpr double kPieceWork = 8e6;
constexpr size_t kPieceRows = 96;
/** With fewer pieces than this, a long depth is cut too. */
constexpr size_t kFewPieces = 16, kShortDepth = 512;
/** Copies of C that a cut depth may need, in floats. */
constexpr size_t kCopies = size_t{1} << 20;

size_t piecesOf(size_t n, size_t most) { return (n + most - 1) / most; }

struct Cut {
  size_t rows, columns, depths;
};

/** Follows from the sizes alone. */
Cut cutOf(const Product& x) {
  Cut cut;
  cut.columns = piecesOf(x.n, kPieceColumns);
  double columns = double(x.n) / cut.columns;
  size_t rows = std::max<size_t>(kPieceRows, kPieceWork / (columns * x.k));
  cut.rows = piecesOf(x.m, rows);
  size_t pieces = cut.rows * cut.columns * x.batch;
  cut.depths = 1;
  if (pieces < kFewPieces && x.finish.bias == nullptr && x.finish.activation == 0)
    cut.depths = std::max<size_t>(1, std::min({piecesOf(kFewPieces, pieces), x.k / kShortDepth, kCopies / (x.m * x.n * x.batch)}));
  return cut;
}

/** Piece `i` of `pieces` of [0, n), in whole tiles. */
size_t boundary(size_t n, size_t tile, size_t i, size_t pieces) {
  return std::min(n, (n + tile - 1) / tile * i / pieces * tile);
}

void advance(Matrix& matrix, size_t by) { matrix.data += by; }

/** Adds what the later pieces of the depth came to, in their order. */
void addCopies(const Product& x, const float* copies, size_t count) {
  const Loops& table = loops();
  parallelRanges(x.batch * x.m, x.n, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      float* c = const_cast<float*>(x.c.data) + row / x.m * x.cBatch + x.c.offsetOf(row % x.m);
      for (size_t i = 0; i < count; ++i)
        table.binary(kAdd, c, copies + (i * x.batch * x.m + row) * x.n, c, x.n, 1, 1);
    }
  });
}

}  // namespace

void multiply(const Product& x) {
  const Loops& table = loops();
  const Cut cut = cutOf(x);
  const size_t sizeC = x.m * x.n, each = cut.rows * cut.columns * cut.depths, count = each * x.batch;
  float* copies = cut.depths > 1 ? static_cast<float*>(scratch((cut.depths - 1) * sizeC * x.batch * sizeof(float))) : nullptr;
  std::atomic<bool> failed{false};  // an exception must not leave a thread
  parallelItems(count, size_t(kPieceWork), [&](size_t item) {
    const size_t index = item / each, depth = item % each / (cut.rows * cut.columns);
    const size_t row = item % (cut.rows * cut.columns) / cut.columns, column = item % cut.columns;
    Product one = x;
    advance(one.a, index * x.aBatch);
    advance(one.b, index * x.bBatch);
    advance(one.c, index * x.cBatch);
    if (depth > 0) one.c = {copies + ((depth - 1) * x.batch + index) * sizeC, x.n};
    const ProductPiece piece{boundary(x.m, table.tileRows, row, cut.rows),
                             boundary(x.m, table.tileRows, row + 1, cut.rows),
                             boundary(x.n, table.tileColumns, column, cut.columns),
                             boundary(x.n, table.tileColumns, column + 1, cut.columns),
                             x.k * depth / cut.depths,
                             x.k * (depth + 1) / cut.depths};
    if (!table.multiplyPiece(one, piece)) failed = true;
  });
  if (failed) throw std::bad_alloc();
  if (cut.depths > 1) addCopies(x, copies, cut.depths - 1);
}

}  // namespace fgkd
