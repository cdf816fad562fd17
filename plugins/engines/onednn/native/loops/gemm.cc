// One thread's piece of a matrix product: panels of B and strips of A are packed into buffers that fit the caches, then
// multiplied tile by tile.
#include <algorithm>
#include <cstdlib>
#include <new>

#include "tile.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** A panel of B and a strip of A stay in the first cache; all panels of B and a block of A's rows in the second. */
constexpr size_t kDepth = 320, kRows = 96;
constexpr size_t kColumns = (kPieceColumns + kTileColumns - 1) / kTileColumns * kTileColumns;
/** Rows of A that meet no more columns than these are read where they lie. */
constexpr size_t kInPlaceColumns = 128;
static_assert(kRows % kTileRows == 0, "buffers hold whole strips");

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
  constexpr size_t kFloats = kDepth * (kRows + kColumns);
  if (owner.data == nullptr) {
    void* data = nullptr;
    if (posix_memalign(&data, 4096, kFloats * sizeof(float)) != 0) return {nullptr, nullptr};
    owner.data = static_cast<float*>(data);
  }
  return {owner.data, owner.data + kDepth * kRows};
}

/** Lines of a matrix, `count` values from `first` on, side by side in panels of `Width`: out[panel][line][Width]. */
template <size_t Width>
void packLines(const Matrix& x, size_t lineBegin, size_t lines, size_t first, size_t count, float* out) {
  const size_t whole = count / Width * Width;
  for (size_t line = 0; line < lines; ++line) {
    const float* from = x.data + x.offsetOf(lineBegin + line) + first;
    float* to = out + line * Width;
    for (size_t j = 0; j < whole; j += Width) std::memcpy(to + j * lines, from + j, Width * sizeof(float));
    if (whole == count) continue;
    for (size_t j = 0; j < Width; ++j) to[whole * lines + j] = whole + j < count ? from[whole + j] : 0.f;
  }
}

typedef float Four __attribute__((vector_size(16)));
typedef float LooseFour __attribute__((vector_size(16), aligned(4), may_alias));
#if defined(__clang__)
#define FGKD_SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int FourIndices __attribute__((vector_size(16)));
#define FGKD_SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, FourIndices{i, j, k, l})
#endif

FGKD_INLINE Four loadFour(const float* p) { return *reinterpret_cast<const LooseFour*>(p); }
FGKD_INLINE void storeFour(float* p, Four v) { *reinterpret_cast<LooseFour*>(p) = v; }

/** Four lines by four values, turned. */
FGKD_INLINE void turnFour(const float* const from[4], size_t at, float* to, size_t step) {
  const Four a = loadFour(from[0] + at), b = loadFour(from[1] + at), c = loadFour(from[2] + at),
             d = loadFour(from[3] + at);
  const Four ab = FGKD_SHUFFLE(a, b, 0, 4, 1, 5), cd = FGKD_SHUFFLE(c, d, 0, 4, 1, 5);
  const Four abHigh = FGKD_SHUFFLE(a, b, 2, 6, 3, 7), cdHigh = FGKD_SHUFFLE(c, d, 2, 6, 3, 7);
  storeFour(to, FGKD_SHUFFLE(ab, cd, 0, 1, 4, 5));
  storeFour(to + step, FGKD_SHUFFLE(ab, cd, 2, 3, 6, 7));
  storeFour(to + 2 * step, FGKD_SHUFFLE(abHigh, cdHigh, 0, 1, 4, 5));
  storeFour(to + 3 * step, FGKD_SHUFFLE(abHigh, cdHigh, 2, 3, 6, 7));
}

/** Lines of a matrix across panels of kTileColumns: out[panel][value][kTileColumns]. */
void packLinesTurned(const Matrix& x, size_t lineBegin, size_t lines, size_t first, size_t count, float* out) {
  static const float zeros[kDepth] = {};
  for (size_t panel = 0; panel < lines; panel += kTileColumns) {
    float* to = out + panel * count;
    for (size_t quad = 0; quad < kTileColumns; quad += 4) {
      const float* from[4];
      for (size_t i = 0; i < 4; ++i) {
        const size_t line = panel + quad + i;
        from[i] = line < lines ? x.data + x.offsetOf(lineBegin + line) + first : zeros;
      }
      size_t p = 0;
      for (; p + 4 <= count; p += 4) turnFour(from, p, to + p * kTileColumns + quad, kTileColumns);
      for (; p < count; ++p)
        for (size_t i = 0; i < 4; ++i) to[p * kTileColumns + quad + i] = from[i][p];
    }
  }
}

/** Rows of A, `depth` values from `first` on, one behind the other, up to a whole strip. */
void packRows(const Matrix& a, size_t rowBegin, size_t rows, size_t first, size_t depth, float* out) {
  const size_t whole = (rows + kTileRows - 1) / kTileRows * kTileRows;
  for (size_t i = 0; i < rows; ++i)
    std::memcpy(out + i * depth, a.data + a.offsetOf(rowBegin + i) + first, depth * sizeof(float));
  std::memset(out + rows * depth, 0, (whole - rows) * depth * sizeof(float));
}

/** Rows of C at equal distances. */
struct EvenRows {
  float* first;
  size_t stride;
  float* at(size_t i) const { return first + i * stride; }
};
/** Rows of C anywhere. */
struct AnyRows {
  float* const* rows;
  float* at(size_t i) const { return rows[i]; }
};

/** What to do with the sums of a tile: add what an earlier piece of the depth left, then bias and activation. */
struct Ending {
  bool accumulate;
  const float* bias;
  int activation;
};

template <size_t Vectors, class Rows>
FGKD_INLINE void storeTile(const Tile<Vectors>& tile, Rows rows, const Ending& ending) {
  if (ending.bias == nullptr && ending.activation == 0) {
    if (ending.accumulate)
      repeat<kTileRows>([&](auto i) FGKD_INLINE_LAMBDA {
        repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA {
          float* to = rows.at(i) + v * kLanes;
          store(to, load(to) + tile.sum[i][v]);
        });
      });
    else
      repeat<kTileRows>([&](auto i) FGKD_INLINE_LAMBDA {
        repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA { store(rows.at(i) + v * kLanes, tile.sum[i][v]); });
      });
    return;
  }
  repeat<kTileRows>([&](auto i) FGKD_INLINE_LAMBDA {
    repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA {
      float* to = rows.at(i) + v * kLanes;
      Vector sum = tile.sum[i][v];
      if (ending.accumulate) sum += load(to);
      if (ending.bias != nullptr) sum += load(ending.bias + v * kLanes);
      if (ending.activation != 0) sum = atLeastZero(sum);
      if (ending.activation == 2) sum = atMost(sum, 6.f);
      store(to, sum);
    });
  });
}

/** The same for a tile of which only `height` × `width` belong to C. */
template <size_t Vectors, class Rows>
__attribute__((noinline)) void storePart(const Tile<Vectors>& tile, Rows rows, Ending ending, size_t height,
                                         size_t width) {
  constexpr size_t kWidth = Vectors * kLanes;
  float part[kTileRows * kWidth] = {}, bias[kWidth] = {};
  const size_t bytes = width * sizeof(float);
  if (ending.bias != nullptr) {
    std::memcpy(bias, ending.bias, bytes);
    ending.bias = bias;
  }
  if (ending.accumulate)
    for (size_t i = 0; i < height; ++i) std::memcpy(part + i * kWidth, rows.at(i), bytes);
  storeTile(tile, EvenRows{part, kWidth}, ending);
  for (size_t i = 0; i < height; ++i) std::memcpy(rows.at(i), part + i * kWidth, bytes);
}

template <size_t Vectors, class Strip, class Rows>
void computeTile(Strip strip, const float* panel, size_t depth, Rows rows, const Ending& ending, size_t height,
                 size_t width) {
  Tile<Vectors> tile;
  if (height == kTileRows && width == Vectors * kLanes) {
    repeat<kTileRows>([&](auto i) FGKD_INLINE_LAMBDA {
      repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA { __builtin_prefetch(rows.at(i) + v * kLanes, 1); });
    });
    multiplyTile(tile, strip, panel, kTileColumns, depth);
    storeTile(tile, rows, ending);
  } else {
    multiplyTile(tile, strip, panel, kTileColumns, depth);
    Tile<Vectors> kept = tile;  // so that only this copy must lie in memory
    storePart(kept, rows, ending, height, width);
  }
}

template <class Strip, class Rows>
FGKD_INLINE void computeTile(Strip strip, const float* panel, size_t depth, Rows rows, const Ending& ending,
                             size_t height, size_t width) {
  if (width <= kLanes) computeTile<1>(strip, panel, depth, rows, ending, height, width);
  else computeTile<kTileVectors>(strip, panel, depth, rows, ending, height, width);
}

/** One block: packed panels of B times rows of A, given strip by strip. */
template <class StripAt>
void multiplyBlock(const Product& x, const ProductPiece& block, const float* panels, bool accumulate, Finish finish,
                   StripAt stripAt) {
  const size_t depth = block.depthEnd - block.depthBegin;
  for (size_t column = block.columnBegin; column < block.columnEnd; column += kTileColumns) {
    const float* panel = panels + (column - block.columnBegin) * depth;
    const size_t width = std::min(kTileColumns, block.columnEnd - column);
    const Ending ending{accumulate, finish.bias != nullptr ? finish.bias + column : nullptr, finish.activation};
    float* c = const_cast<float*>(x.c.data) + column;
    for (size_t row = block.rowBegin; row < block.rowEnd; row += kTileRows) {
      const size_t height = std::min(kTileRows, block.rowEnd - row);
      if (x.c.width == 0) {
        computeTile(stripAt(row), panel, depth, EvenRows{c + row * x.c.stride, x.c.stride}, ending, height, width);
        continue;
      }
      float* rows[kTileRows] = {};
      for (size_t i = 0; i < height; ++i) rows[i] = c + x.c.offsetOf(row + i);
      computeTile(stripAt(row), panel, depth, AnyRows{rows}, ending, height, width);
    }
  }
}

/** Rows of A may be read where they lie if they are whole strips, and meet too few columns to pay for a copy. */
bool readsInPlace(const Product& x, const ProductPiece& piece) {
  return !x.a.transposed && x.a.width == 0 && piece.columnEnd - piece.columnBegin <= kInPlaceColumns;
}

}  // namespace

bool multiplyPiece(const Product& x, const ProductPiece& piece) {
  const Buffers buffer = buffers();
  if (buffer.a == nullptr) return false;
  const size_t depths = std::max<size_t>(1, (piece.depthEnd - piece.depthBegin + kDepth - 1) / kDepth);
  const size_t columns = piece.columnEnd - piece.columnBegin;
  for (size_t d = 0; d < depths; ++d) {
    ProductPiece block = piece;
    const size_t whole = piece.depthEnd - piece.depthBegin;
    block.depthBegin = piece.depthBegin + whole * d / depths;
    block.depthEnd = piece.depthBegin + whole * (d + 1) / depths;
    const size_t depth = block.depthEnd - block.depthBegin;
    if (x.b.transposed) packLinesTurned(x.b, piece.columnBegin, columns, block.depthBegin, depth, buffer.b);
    else packLines<kTileColumns>(x.b, block.depthBegin, depth, piece.columnBegin, columns, buffer.b);
    const Finish finish = d + 1 == depths ? x.finish : Finish{};
    for (size_t row = piece.rowBegin; row < piece.rowEnd; row += kRows) {
      block.rowBegin = row;
      block.rowEnd = std::min(piece.rowEnd, row + kRows);
      const size_t rows = block.rowEnd - row;
      if (x.a.transposed) {
        packLines<kTileRows>(x.a, block.depthBegin, depth, row, rows, buffer.a);
        multiplyBlock(x, block, buffer.b, d > 0, finish,
                      [&](size_t at) { return StripColumns{buffer.a + (at - row) * depth}; });
        continue;
      }
      const size_t inPlace = readsInPlace(x, piece) ? rows / kTileRows * kTileRows : 0;
      if (inPlace < rows) packRows(x.a, row + inPlace, rows - inPlace, block.depthBegin, depth, buffer.a);
      multiplyBlock(x, block, buffer.b, d > 0, finish, [&](size_t at) {
        return at - row < inPlace ? StripRows{x.a.data + x.a.offsetOf(at) + block.depthBegin, x.a.stride}
                                  : StripRows{buffer.a + (at - row - inPlace) * depth, depth};
      });
    }
  }
  return true;
}

void fillGemm(Loops& loops) {
  loops.multiplyPiece = multiplyPiece;
  loops.tileRows = kTileRows;
  loops.tileColumns = kTileColumns;
}

}  // namespace FGKD_ISA
}  // namespace fgkd
