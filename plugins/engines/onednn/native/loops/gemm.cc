// One thread's piece of a matrix product: panels of B and strips of A are packed into buffers that fit the caches, then
// multiplied tile by tile, while the next to be packed come from memory.
#include <algorithm>
#include <cstdlib>

#include "pack.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** Rows of A that stay in the second cache while the panels of B pass. */
constexpr size_t kRows = 96, kRowsTransposed = kRows * kPackedDepth / kPackedDepthTransposed;
static_assert(kRows % kTileRows == 0 && kRowsTransposed % kTileRows == 0, "whole strips");
constexpr size_t kColumns = (kPackedColumns + kTileColumns - 1) / kTileColumns * kTileColumns;
/** Rows of A that meet no more columns than these are read where they lie. */
constexpr size_t kInPlaceColumns = 128;
/** B is read where it lies if it meets no more rows than these. */
constexpr size_t kInPlaceRows = 4 * kTileRows;

struct Buffers {
  float *a, *b;
};

/** Buffers of this thread, kept until it ends. */
Buffers buffers() {
  struct Owner {
    float* data = nullptr;
    ~Owner() { std::free(data); }
  };
  static thread_local Owner owner;
  constexpr size_t kFloats = kPackedDepth * (kRows + kColumns);
  if (owner.data == nullptr) {
    void* data = nullptr;
    if (posix_memalign(&data, 4096, kFloats * sizeof(float)) != 0) return {nullptr, nullptr};
    owner.data = static_cast<float*>(data);
  }
  return {owner.data, owner.data + kPackedDepth * kRows};
}

/** Asks for a part of a matrix, a few cache lines at a time, before it is needed. */
class Ahead {
 public:
  Ahead() = default;
  Ahead(const Matrix& x, size_t lineBegin, size_t lineEnd, size_t first, size_t count, size_t calls)
      : matrix_(&x), line_(lineBegin), lineEnd_(lineEnd), first_(first), size_(count * sizeof(float)) {
    perCall_ = ((lineEnd - lineBegin) * (size_ / kLine + 1) + calls - 1) / calls;
    if (line_ < lineEnd_) aim();
  }
  void fetch() {
    for (size_t i = 0; i < perCall_ && line_ < lineEnd_; ++i) {
      __builtin_prefetch(from_ + at_, 0, 2);
      at_ += kLine;
      if (at_ < size_) continue;
      at_ = 0;
      if (++line_ < lineEnd_) aim();
    }
  }

 private:
  static constexpr size_t kLine = 64;
  void aim() { from_ = reinterpret_cast<const char*>(matrix_->data + matrix_->offsetOf(line_) + first_); }

  const Matrix* matrix_ = nullptr;
  const char* from_ = nullptr;
  size_t line_ = 0, lineEnd_ = 0, first_ = 0, size_ = 0, at_ = 0, perCall_ = 0;
};

size_t tilesIn(size_t rows, size_t columns) {
  return ((rows + kTileRows - 1) / kTileRows) * ((columns + kTileColumns - 1) / kTileColumns);
}

/** Panels of B, packed (`step` is kTileColumns, panels `panelStride` apart) or where B lies. */
struct Panels {
  const float* data;
  size_t step, panelStride;
};

struct Block {
  size_t rowBegin, rowEnd, columnBegin, columnEnd, depthBegin, depthEnd;
  bool accumulate;
  Finish finish;
};

/** One tile of a block. */
template <class Strip>
FGKD_INLINE void multiplyOne(const Product& x, const Block& block, Strip strip, const Panels& panels, size_t row,
                             size_t column) {
  const size_t depth = block.depthEnd - block.depthBegin;
  const float* panel = panels.data + (column - block.columnBegin) / kTileColumns * panels.panelStride;
  const size_t height = std::min(kTileRows, block.rowEnd - row), width = std::min(kTileColumns, block.columnEnd - column);
  const float *bias = block.finish.bias, *residual = block.finish.residual;
  const Ending ending{block.accumulate, bias != nullptr ? bias + column : nullptr, block.finish.activation,
                      residual != nullptr ? residual + row * x.c.stride + column : nullptr, x.c.stride};
  float* c = const_cast<float*>(x.c.data) + column;
  if (x.c.width == 0) {
    computeTile(strip, panel, panels.step, depth, EvenRows{c + row * x.c.stride, x.c.stride}, ending, height, width);
    return;
  }
  float* rows[kTileRows] = {};
  for (size_t i = 0; i < height; ++i) rows[i] = c + x.c.offsetOf(row + i);
  computeTile(strip, panel, panels.step, depth, AnyRows{rows}, ending, height, width);
}

/** Rows of A, given strip by strip, times panels of B. */
template <class StripAt>
void multiplyBlock(const Product& x, const Block& block, const Panels& panels, StripAt stripAt, Ahead& a, Ahead& b) {
  for (size_t column = block.columnBegin; column < block.columnEnd; column += kTileColumns)
    for (size_t row = block.rowBegin; row < block.rowEnd; row += kTileRows) {
      a.fetch();
      b.fetch();
      multiplyOne(x, block, stripAt(row), panels, row, column);
    }
}

/** Packs the rows of A as far as need be, and multiplies. */
void multiplyRows(const Product& x, const Block& block, const Panels& panels, float* buffer, Ahead& a, Ahead& b) {
  const size_t row = block.rowBegin, rows = block.rowEnd - row, depth = block.depthEnd - block.depthBegin;
  if (x.a.transposed) {
    packLines<kTileRows>(x.a, block.depthBegin, depth, row, rows, buffer);
    multiplyBlock(x, block, panels, [&](size_t at) { return StripColumns{buffer + (at - row) * depth}; }, a, b);
    return;
  }
  const bool stays = x.a.width == 0 && block.columnEnd - block.columnBegin <= kInPlaceColumns;
  const size_t inPlace = stays ? rows / kTileRows * kTileRows : 0;
  if (inPlace < rows) packRows(x.a, row + inPlace, rows - inPlace, block.depthBegin, depth, buffer);
  const auto stripAt = [&](size_t at) {
    return at - row < inPlace ? StripRows{x.a.data + at * x.a.stride + block.depthBegin, x.a.stride}
                              : StripRows{buffer + (at - row - inPlace) * depth, depth};
  };
  multiplyBlock(x, block, panels, stripAt, a, b);
}

/** Asks for the rows of A that come after a block's. */
Ahead aheadOf(const Product& x, const Block& next, size_t tiles) {
  if (next.rowBegin >= next.rowEnd) return {};
  return x.a.transposed ? Ahead(x.a, next.depthBegin, next.depthEnd, next.rowBegin, next.rowEnd - next.rowBegin, tiles)
                        : Ahead(x.a, next.rowBegin, next.rowEnd, next.depthBegin, next.depthEnd - next.depthBegin, tiles);
}

}  // namespace

void packPanels(const Matrix& b, size_t depthBegin, size_t depthEnd, size_t columnBegin, size_t columnEnd, float* out) {
  if (b.transposed) packLinesTurned(b, columnBegin, columnEnd - columnBegin, depthBegin, depthEnd - depthBegin, out);
  else packLines<kTileColumns>(b, depthBegin, depthEnd - depthBegin, columnBegin, columnEnd - columnBegin, out);
}

/** B is packed already: a block of rows runs along the whole depth before the next one begins. */
void multiplyPacked(const Product& x, const ProductPiece& piece, const float* packed, size_t parts, float* buffer) {
  const size_t wide = (x.n + kTileColumns - 1) / kTileColumns * kTileColumns;
  const auto blockAt = [&](size_t row, size_t part) {
    const bool isLast = part + 1 == parts;
    return Block{row,
                 std::min(piece.rowEnd, row + kRows),
                 piece.columnBegin,
                 piece.columnEnd,
                 x.k * part / parts,
                 x.k * (part + 1) / parts,
                 part > 0,
                 isLast ? x.finish : Finish{}};
  };
  Ahead none;
  for (size_t row = piece.rowBegin; row < piece.rowEnd; row += kRows)
    for (size_t part = 0; part < parts; ++part) {
      const Block block = blockAt(row, part);
      const Block next = part + 1 < parts ? blockAt(row, part + 1) : blockAt(row + kRows, 0);
      Ahead ahead = aheadOf(x, next, tilesIn(block.rowEnd - row, block.columnEnd - block.columnBegin));
      const size_t depth = block.depthEnd - block.depthBegin;
      const Panels panels{packed + block.depthBegin * wide + block.columnBegin * depth, kTileColumns,
                          kTileColumns * depth};
      multiplyRows(x, block, panels, buffer, ahead, none);
    }
}

/** Rows of A, block by block, times one part of B; asks for the rows of the next part at the end. */
void multiplyPart(const Product& x, const ProductPiece& piece, Block block, const Panels& panels, size_t nextDepth,
                  float* buffer, Ahead& b) {
  const size_t most = x.a.transposed ? kRowsTransposed : kRows;
  const size_t columns = block.columnEnd - block.columnBegin;
  for (size_t row = piece.rowBegin; row < piece.rowEnd; row += most) {
    block.rowBegin = row;
    block.rowEnd = std::min(piece.rowEnd, row + most);
    Block next = block;
    next.rowBegin = block.rowEnd;
    next.rowEnd = std::min(piece.rowEnd, block.rowEnd + most);
    if (next.rowBegin == next.rowEnd && nextDepth > block.depthEnd) {
      next.rowBegin = piece.rowBegin;
      next.rowEnd = std::min(piece.rowEnd, piece.rowBegin + most);
      next.depthBegin = block.depthEnd;
      next.depthEnd = nextDepth;
    }
    Ahead a = aheadOf(x, next, tilesIn(block.rowEnd - row, columns));
    multiplyRows(x, block, panels, buffer, a, b);
  }
}

/** B is packed here, part by part of the depth: all rows of the piece meet one before the next is packed. */
void multiplyPacking(const Product& x, const ProductPiece& piece, const Buffers& buffer) {
  const size_t whole = piece.depthEnd - piece.depthBegin, parts = depthParts(whole, x.a.transposed);
  const auto depthAt = [&](size_t part) { return piece.depthBegin + whole * std::min(part, parts) / parts; };
  const bool stays = x.m <= kInPlaceRows && !x.b.transposed && x.b.width == 0;
  const size_t packedFrom = stays ? piece.columnBegin + (piece.columnEnd - piece.columnBegin) / kTileColumns * kTileColumns
                                  : piece.columnBegin;
  const size_t columns = piece.columnEnd - packedFrom, tiles = tilesIn(piece.rowEnd - piece.rowBegin, columns);
  for (size_t part = 0; part < parts; ++part) {
    const size_t begin = depthAt(part), end = depthAt(part + 1), next = depthAt(part + 2);
    Block block{0, 0, piece.columnBegin, packedFrom, begin, end, part > 0, end == piece.depthEnd ? x.finish : Finish{}};
    Ahead b;
    if (stays && packedFrom > piece.columnBegin)
      multiplyPart(x, piece, block, {x.b.data + begin * x.b.stride + piece.columnBegin, x.b.stride, kTileColumns}, next,
                   buffer.a, b);
    if (columns == 0) continue;
    if (next > end)
      b = x.b.transposed ? Ahead(x.b, packedFrom, piece.columnEnd, end, next - end, tiles)
                         : Ahead(x.b, end, next, packedFrom, columns, tiles);
    packPanels(x.b, begin, end, packedFrom, piece.columnEnd, buffer.b);
    block.columnBegin = packedFrom;
    block.columnEnd = piece.columnEnd;
    multiplyPart(x, piece, block, {buffer.b, kTileColumns, kTileColumns * (end - begin)}, next, buffer.a, b);
  }
}

bool multiplyPiece(const Product& x, const ProductPiece& piece, const float* packed) {
  const Buffers buffer = buffers();
  if (buffer.a == nullptr) return false;
  if (packed != nullptr) multiplyPacked(x, piece, packed, depthParts(x.k, false), buffer.a);
  else multiplyPacking(x, piece, buffer);
  return true;
}

void fillGemm(Loops& loops) {
  loops.multiplyPiece = multiplyPiece;
  loops.packPanels = packPanels;
  loops.tileRows = kTileRows;
  loops.tileColumns = kTileColumns;
}

}  // namespace FGKD_ISA
}  // namespace fgkd
