// Products of values rounded to bf16 with sums in floats: where this is compiled for the processor's units of bf16, of two
// depths at a time; elsewhere of the same values as floats. For files of loops/ only.
//
// In the place of a float B holds the values of as many depths as are multiplied together, the lower depth in the lower half.
#pragma once
#include "attention.h"
#include "pack.h"
#include "stored.h"

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

namespace fgkd {
namespace FGKD_ISA {

#if defined(__AVX512BF16__)

/** Depths multiplied together, and what the values of A are kept as. */
constexpr size_t kTogether = 2;
using Rounded = uint16_t;

FGKD_INLINE Rounded roundedOf(uint16_t kept) { return kept; }

FGKD_INLINE Vector pairAt(const Rounded* at) {
  int32_t pair;
  std::memcpy(&pair, at, sizeof pair);
  return (Vector)_mm512_set1_epi32(pair);
}

/** A strip of A whose rows are contiguous along the depth. */
struct RoundedRows {
  const Rounded* data;
  size_t stride;
  Vector at(size_t i, size_t p) const { return pairAt(data + i * stride + 2 * p); }
};
/** A strip of a transposed A, its first row being `first`: of each two depths the values lie in turn, where the first's were. */
struct RoundedAcross {
  const Rounded* data;
  size_t stride;
  RoundedAcross(const Rounded* data, size_t stride, size_t first) : data(data + 2 * first), stride(stride) {}
  Vector at(size_t i, size_t p) const { return pairAt(data + p * 2 * stride + 2 * i); }
};

/** Two depths at a time. */
constexpr auto addRounded = [](Vector& sum, Vector pair, Vector row) FGKD_INLINE_LAMBDA {
  sum = (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)pair, (__m512bh)row);
};

/** One token, or the next depths of all columns, as B holds them: the values of a row and of the next, if there is one. */
static inline void packRow(const uint16_t* row, const uint16_t* next, size_t n, float* out) {
  auto* to = reinterpret_cast<uint32_t*>(out);
  if (next == nullptr) FGKD_SIMD for (size_t i = 0; i < n; ++i) to[i] = row[i];
  else FGKD_SIMD for (size_t i = 0; i < n; ++i) to[i] = row[i] | uint32_t(next[i]) << 16;
}

/** A column of B, whose depths lie in a row. */
static inline void packColumn(const uint16_t* from, size_t n, float* out) {
  out[(n - 1) / 2] = 0.f;
  std::memcpy(out, from, n * sizeof(uint16_t));
}

/** Rounds a row in its place, as one of `RoundedRows`; an even number of vectors is read. */
static inline void roundRow(float* row, size_t vectors) {
  for (size_t i = 0; i < vectors; i += 2) {
    const float* from = row + i * kLanes;
    const auto both = _mm512_cvtne2ps_pbh((__m512)load(from + kLanes), (__m512)load(from));
    std::memcpy(row + i * kLanes / 2, &both, sizeof both);
  }
}

/** Rounds two rows to `to`, as a row of `RoundedAcross`; that may be the place of one of them. */
static inline void roundAcross(const float* even, const float* odd, float* to, size_t vectors) {
  const __m512i inTurn = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5,
                                          20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  for (size_t i = 0; i < vectors; ++i) {
    const auto both = _mm512_cvtne2ps_pbh((__m512)load(odd + i * kLanes), (__m512)load(even + i * kLanes));
    store(to + i * kLanes, (Vector)_mm512_permutexvar_epi16(inTurn, (__m512i)both));
  }
}

/**
 * Rounds an even number of rows of maps, and of their slopes, in their places: these as `RoundedRows`, and both as
 * `RoundedAcross`, those of the slopes from where it returns.
 */
static inline const float* roundMaps(float* maps, float* slopes, size_t rows, size_t stride, size_t vectors) {
  for (size_t at = 0; at < rows * stride; at += 2 * stride) {
    roundAcross(maps + at, maps + at + stride, maps + at, vectors);
    roundAcross(slopes + at, slopes + at + stride, maps + at + stride, vectors);
    for (float* slope : {slopes + at, slopes + at + stride}) roundRow(slope, vectors);
  }
  return maps + stride;
}

#else

constexpr size_t kTogether = 1;
using Rounded = float;

FGKD_INLINE Rounded roundedOf(uint16_t kept) { return valueOf(kept); }

using RoundedRows = StripRows;
struct RoundedAcross {
  const Rounded* data;
  size_t stride;
  RoundedAcross(const Rounded* data, size_t stride, size_t first) : data(data + first), stride(stride) {}
  float at(size_t i, size_t p) const { return data[p * stride + i]; }
};

constexpr auto addRounded = [](Vector& sum, Vector value, Vector row) FGKD_INLINE_LAMBDA { sum += value * row; };

static inline void packColumn(const uint16_t* from, size_t n, float* out) {
  FGKD_SIMD for (size_t i = 0; i < n; ++i) out[i] = valueOf(from[i]);
}
static inline void packRow(const uint16_t* row, const uint16_t*, size_t n, float* out) { packColumn(row, n, out); }

static inline void roundRow(float* row, size_t vectors) {
  FGKD_SIMD for (size_t i = 0; i < vectors * kLanes; ++i) row[i] = roundedToBf16(row[i]);
}

static inline const float* roundMaps(float* maps, float* slopes, size_t rows, size_t stride, size_t vectors) {
  for (size_t row = 0; row < rows; ++row)
    for (float* block : {maps, slopes}) roundRow(block + row * stride, vectors);
  return slopes;
}

#endif

/** So many values of depth, as products take them. */
static inline size_t together(size_t depth) { return (depth + kTogether - 1) / kTogether; }

template <size_t Vectors, class Strip>
void multiplyRounded(Strip a, const float* b, size_t step, size_t depth, bool add, float* to, size_t stride) {
  Tile<Vectors> tile;
  multiplyTile(tile, a, b, step, depth, addRounded);
  storeTile(tile, EvenRows{to, stride}, Ending{add, nullptr, 0});
}

}  // namespace FGKD_ISA
}  // namespace fgkd
