// The innermost step of matrix products: a tile of the result that stays in registers while it runs along the depth.
// For files of loops/ only. A is read in strips of kTileRows rows, B in panels of kTileColumns columns.
#pragma once
#include <type_traits>
#include <utility>

#include "isa.h"

#define FGKD_INLINE static inline __attribute__((always_inline))
#define FGKD_INLINE_LAMBDA __attribute__((always_inline))

namespace fgkd {
namespace FGKD_ISA {

// Accumulators, one row of B and one value of A fill the registers: 16 of them on x86 up to AVX2, 32 elsewhere.
#if defined(__AVX512F__)
constexpr size_t kLanes = 16, kTileRows = 12, kTileVectors = 2;
#elif defined(__AVX2__)
constexpr size_t kLanes = 8, kTileRows = 6, kTileVectors = 2;
#elif defined(__aarch64__)
constexpr size_t kLanes = 4, kTileRows = 8, kTileVectors = 3;
#else
constexpr size_t kLanes = 4, kTileRows = 6, kTileVectors = 2;
#endif
constexpr size_t kTileColumns = kLanes * kTileVectors;

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));
typedef float LooseVector __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));
typedef int32_t Mask __attribute__((vector_size(kLanes * sizeof(float))));

static inline Vector load(const float* p) { return *reinterpret_cast<const LooseVector*>(p); }
static inline void store(float* p, Vector v) { *reinterpret_cast<LooseVector*>(p) = v; }
/** Subtraction, since adding to zero is not free: it changes the sign of -0. */
static inline Vector splat(float v) { return v - Vector{}; }
/** A NaN stays. */
static inline Vector atLeastZero(Vector v) { return reinterpret_cast<Vector>(reinterpret_cast<Mask>(v) & ~(v < Vector{})); }
static inline Vector atMost(Vector v, float limit) {
  Mask above = v > splat(limit);
  return reinterpret_cast<Vector>((reinterpret_cast<Mask>(v) & ~above) | (reinterpret_cast<Mask>(splat(limit)) & above));
}

/** A strip of A whose rows are contiguous along the depth: element (i, p) at data[i * stride + p]. */
struct StripRows {
  const float* data;
  size_t stride;
  float at(size_t i, size_t p) const { return data[i * stride + p]; }
};
/** A strip of A whose columns are contiguous: element (i, p) at data[p * kTileRows + i]. */
struct StripColumns {
  const float* data;
  float at(size_t i, size_t p) const { return data[p * kTileRows + i]; }
};

/** Calls `f` with 0, 1, … N - 1 as constants: a loop that is gone before the compiler decides what lives in registers. */
template <class F, size_t... I>
FGKD_INLINE void repeat(std::index_sequence<I...>, F f) {
  (f(std::integral_constant<size_t, I>{}), ...);
}
template <size_t N, class F>
FGKD_INLINE void repeat(F f) {
  repeat(std::make_index_sequence<N>{}, f);
}

/** A tile of sums: kTileRows rows of `Vectors` vectors. */
template <size_t Vectors>
struct Tile {
  Vector sum[kTileRows][Vectors];
};

/** The product of a strip of A and a panel of B, `step` floats from one row of the panel to the next. */
template <size_t Vectors, class Strip>
FGKD_INLINE void multiplyTile(Tile<Vectors>& tile, Strip a, const float* b, size_t step, size_t depth) {
  repeat<kTileRows>([&](auto i) FGKD_INLINE_LAMBDA { repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA { tile.sum[i][v] = Vector{}; }); });
#pragma GCC unroll 2
  for (size_t p = 0; p < depth; ++p, b += step) {
    Vector row[Vectors];
    repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA { row[v] = load(b + v * kLanes); });
    repeat<kTileRows>([&](auto i) FGKD_INLINE_LAMBDA {
      const Vector value = splat(a.at(i, p));
      repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA { tile.sum[i][v] += value * row[v]; });
    });
  }
}

}  // namespace FGKD_ISA
}  // namespace fgkd
