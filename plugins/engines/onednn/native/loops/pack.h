// Brings parts of matrices into the order in which tiles read them. For files of loops/ only.
#pragma once
#include <algorithm>

#include "../gemm.h"
#include "tile.h"

namespace fgkd {
namespace FGKD_ISA {

/** Lines of a matrix, `count` values from `first` on, side by side in panels of `Width`: out[panel][line][Width]. */
template <size_t Width>
void packLines(const Matrix& x, size_t lineBegin, size_t lines, size_t first, size_t count, float* out) {
  constexpr size_t kGroup = 8;  // lines at a time: few enough to stay in the cache while panel after panel takes its part
  for (size_t begin = 0; begin < lines; begin += kGroup) {
    const size_t group = std::min(kGroup, lines - begin);
    const float* from[kGroup];
    for (size_t i = 0; i < group; ++i) from[i] = x.data + x.offsetOf(lineBegin + begin + i) + first;
    float* to = out + begin * Width;
    size_t j = 0;
    // One vector that writes beyond its place, before the next line's goes there, is faster than an exact copy.
    if (Width < kLanes && begin + group < lines)
      for (; j + kLanes <= count; j += Width, to += lines * Width)
        for (size_t i = 0; i < group; ++i) store(to + i * Width, load(from[i] + j));
    for (; j + Width <= count; j += Width, to += lines * Width)
      for (size_t i = 0; i < group; ++i) std::memcpy(to + i * Width, from[i] + j, Width * sizeof(float));
    if (j == count) continue;
    for (size_t i = 0; i < group; ++i)
      for (size_t k = 0; k < Width; ++k) to[i * Width + k] = j + k < count ? from[i][j + k] : 0.f;
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
static inline void packLinesTurned(const Matrix& x, size_t lineBegin, size_t lines, size_t first, size_t count, float* out) {
  static const float zeros[kPackedDepth] = {};
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
static inline void packRows(const Matrix& a, size_t rowBegin, size_t rows, size_t first, size_t depth, float* out) {
  if (depth == 0) return;  // then there may be no memory at all
  const size_t whole = (rows + kTileRows - 1) / kTileRows * kTileRows;
  for (size_t i = 0; i < rows; ++i)
    std::memcpy(out + i * depth, a.data + a.offsetOf(rowBegin + i) + first, depth * sizeof(float));
  std::memset(out + rows * depth, 0, (whole - rows) * depth * sizeof(float));
}

}  // namespace FGKD_ISA
}  // namespace fgkd
