// Cuts matrix products into pieces for the threads.
#include "gemm.h"

#include <atomic>
#include <new>

#include "engine.h"
#include "loops.h"
#include "parallel.h"

namespace fgkd {
namespace {

/** A product is cut into about so many pieces, of at least and at most so many multiplications. */
constexpr double kPieces = 32, kLeastWork = 2e6, kMostWork = 64e6;
/** Fewer rows than these would not pay for packing the columns that they meet. */
constexpr size_t kLeastRows = 96, kLeastRowsTransposed = 240;
/** With fewer pieces than this, a long depth is cut too. */
constexpr size_t kFewPieces = 16, kShortDepth = 512;
/** Copies of C that a cut depth may need, in floats; and how large a B is packed in advance. */
constexpr size_t kMostCopied = size_t{1} << 20, kMostPacked = size_t{1} << 21;

size_t piecesOf(size_t n, size_t most) { return (n + most - 1) / most; }

/** How many pieces there are in each direction, and whether B is packed for all of them at once. */
struct Cut {
  size_t rows, columns, depths;
  bool packs;
  size_t each() const { return rows * columns * depths; }
};

/** Follows from the sizes alone. */
Cut cutOf(const Product& x) {
  Cut cut{};
  cut.depths = 1;
  if (x.k == 0) return {1, piecesOf(x.n, kPackedColumns), 1, false};
  const double total = double(x.m) * x.n * x.k * x.batch;
  const double work = std::clamp(total / kPieces, kLeastWork, kMostWork);
  const size_t least = x.a.transposed ? kLeastRowsTransposed : kLeastRows;
  const auto rowsFor = [&](double columns) { return piecesOf(x.m, std::max<size_t>(least, work / (columns * x.k))); };
  cut.packs = (x.batch == 1 || x.bBatch == 0) && !x.a.transposed && x.m >= 2 * kLeastRows && x.n * x.k <= kMostPacked;
  if (cut.packs) {
    cut.rows = rowsFor(x.n);
    cut.columns = std::max<size_t>(1, std::min(piecesOf(kFewPieces, cut.rows), x.n / 128));
    return cut;
  }
  cut.columns = piecesOf(x.n, kPackedColumns);
  cut.rows = rowsFor(double(x.n) / cut.columns);
  const size_t pieces = cut.rows * cut.columns * x.batch;
  if (pieces < kFewPieces && x.finish.bias == nullptr && x.finish.residual == nullptr &&
      x.finish.activation == 0)
    cut.depths = std::clamp<size_t>(std::min(x.k / kShortDepth, kMostCopied / (x.m * x.n * x.batch)), 1,
                                    piecesOf(kFewPieces, pieces));
  return cut;
}

/** Rows and columns that a piece keeps, and multiplications, however many threads there are. */
constexpr size_t kFewestRows = 32, kFewestColumns = 64;
constexpr double kFewestMultiplications = 5e5;

/**
 * The same for more threads than that has pieces for: rows and columns are cut further. A sum runs along the depth, whose cut
 * stays, so that the bytes do.
 */
Cut forThreads(const Product& x, Cut cut, size_t threads) {
  const double total = double(x.m) * x.n * x.k * x.batch;
  const size_t wanted = std::min<size_t>(2 * threads, size_t(total / kFewestMultiplications));
  const auto further = [&](size_t& pieces, size_t most) {
    const size_t missing = piecesOf(wanted, cut.each() * x.batch);
    if (missing > 1) pieces = std::clamp(pieces * missing, pieces, std::max(pieces, most));
  };
  if (threads <= kFewPieces) return cut;
  further(cut.rows, x.m / kFewestRows);
  further(cut.columns, x.n / kFewestColumns);
  return cut;
}

/** Where piece `i` of `pieces` of [0, n) begins, in whole tiles. */
size_t boundary(size_t n, size_t tile, size_t i, size_t pieces) {
  return std::min(n, piecesOf(n, tile) * i / pieces * tile);
}

ProductPiece pieceOf(const Product& x, const Cut& cut, size_t index) {
  const Loops& table = loops();
  const size_t column = index % cut.columns, row = index / cut.columns % cut.rows;
  const size_t depth = index / cut.columns / cut.rows;
  return {boundary(x.m, table.tileRows, row, cut.rows),          boundary(x.m, table.tileRows, row + 1, cut.rows),
          boundary(x.n, table.tileColumns, column, cut.columns), boundary(x.n, table.tileColumns, column + 1, cut.columns),
          x.k * depth / cut.depths,                              x.k * (depth + 1) / cut.depths};
}

/** All of B, packed on all threads. */
void packAll(const Product& x, float* out) {
  const Loops& table = loops();
  const size_t parts = depthParts(x.k, false), tile = table.tileColumns, wide = piecesOf(x.n, tile) * tile;
  const size_t groups = piecesOf(x.n, 4 * tile);
  parallelItems(parts * groups, 4 * tile * x.k / parts, [&](size_t item) {
    const size_t begin = x.k * (item / groups) / parts, end = x.k * (item / groups + 1) / parts;
    const size_t column = item % groups * 4 * tile;
    table.packPanels(x.b, begin, end, column, std::min(x.n, column + 4 * tile),
                     out + begin * wide + column * (end - begin));
  });
}

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
  const Cut cut = forThreads(x, cutOf(x), omp_get_max_threads());
  const size_t sizeC = x.m * x.n, each = cut.each();
  float *packed = nullptr, *copies = nullptr;
  if (cut.packs) {
    packed = static_cast<float*>(scratch(piecesOf(x.n, table.tileColumns) * table.tileColumns * x.k * sizeof(float)));
    packAll(x, packed);
  } else if (cut.depths > 1) {
    copies = static_cast<float*>(scratch((cut.depths - 1) * sizeC * x.batch * sizeof(float)));
  }
  std::atomic<bool> failed{false};  // an exception must not leave a thread
  parallelItems(each * x.batch, sizeC * x.k / each, [&](size_t item) {
    const size_t index = item / each, depth = item % each / (cut.rows * cut.columns);
    Product one = x;
    one.a.data += index * x.aBatch;
    one.b.data += index * x.bBatch;
    one.c.data += index * x.cBatch;
    if (depth > 0) one.c = {copies + ((depth - 1) * x.batch + index) * sizeC, x.n};
    if (!table.multiplyPiece(one, pieceOf(x, cut, item % each), packed)) failed = true;
  });
  if (failed) throw std::bad_alloc();
  if (cut.depths > 1) addCopies(x, copies, cut.depths - 1);
}

std::vector<double> pieceWork(const Product& x, size_t threads) {
  const Cut cut = forThreads(x, cutOf(x), threads);
  std::vector<double> work(cut.each() * x.batch);
  for (size_t item = 0; item < work.size(); ++item) {
    const ProductPiece p = pieceOf(x, cut, item % cut.each());
    work[item] = double(p.rowEnd - p.rowBegin) * double(p.columnEnd - p.columnBegin) * double(p.depthEnd - p.depthBegin);
  }
  return work;
}

}  // namespace fgkd
