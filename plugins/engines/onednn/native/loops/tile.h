// The innermost step of matrix products: a tile of the result that stays in registers while it runs along the depth.
// For files of loops/ only. A is read in strips of kTileRows rows, B in panels of kTileColumns columns.
#pragma once
#include <type_traits>
#include <utility>

#include "isa.h"
#include "vectors.h"

#define FGKD_INLINE static inline __attribute__((always_inline))
#define FGKD_INLINE_LAMBDA __attribute__((always_inline))

namespace fgkd {
namespace FGKD_ISA {

// Accumulators, one row of B and one value of A fill the registers: 16 of them on x86 up to AVX2, 32 elsewhere.
#if defined(__AVX512F__)
constexpr size_t kTileRows = 12, kTileVectors = 2;
#elif defined(__aarch64__)
constexpr size_t kTileRows = 8, kTileVectors = 3;
#else
constexpr size_t kTileRows = 6, kTileVectors = 2;
#endif
constexpr size_t kTileColumns = kLanes * kTileVectors;

typedef int32_t Mask __attribute__((vector_size(kLanes * sizeof(float))));

/** Subtraction, since adding to zero is not free: it changes the sign of -0. */
static inline Vector splat(float v) { return v - Vector{}; }
/** What a strip gives for a row of A and a depth. */
static inline Vector inAllLanes(float v) { return splat(v); }
static inline Vector inAllLanes(Vector v) { return v; }
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

/**
 * The product of a strip of A and a panel of B, `step` floats from one row of the panel to the next. `addTo` adds what a value of
 * A and a row of B, in floats or in the place of floats, come to.
 */
template <size_t Vectors, class Strip, class AddTo>
FGKD_INLINE void multiplyTile(Tile<Vectors>& tile, Strip a, const float* b, size_t step, size_t depth, AddTo addTo) {
  repeat<kTileRows>([&](auto i) FGKD_INLINE_LAMBDA { repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA { tile.sum[i][v] = Vector{}; }); });
#pragma GCC unroll 2
  for (size_t p = 0; p < depth; ++p, b += step) {
    Vector row[Vectors];
    repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA { row[v] = load(b + v * kLanes); });
    repeat<kTileRows>([&](auto i) FGKD_INLINE_LAMBDA {
      const Vector value = inAllLanes(a.at(i, p));
      repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA { addTo(tile.sum[i][v], value, row[v]); });
    });
  }
}

/** Of floats. */
template <size_t Vectors, class Strip>
FGKD_INLINE void multiplyTile(Tile<Vectors>& tile, Strip a, const float* b, size_t step, size_t depth) {
  multiplyTile(tile, a, b, step, depth, [](Vector& sum, Vector value, Vector row) FGKD_INLINE_LAMBDA { sum += value * row; });
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

/**
 * What to do with the sums of a tile: add what an earlier piece of the depth left, then bias, then the residual, whose rows
 * are `residualStride` apart, then the activation.
 */
struct Ending {
  bool accumulate;
  const float* bias;
  int activation;
  const float* residual = nullptr;
  size_t residualStride = 0;
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
      if (ending.residual != nullptr) sum += load(ending.residual + i * ending.residualStride + v * kLanes);
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
  float part[kTileRows * kWidth] = {}, bias[kWidth] = {}, residual[kTileRows * kWidth] = {};
  const size_t bytes = width * sizeof(float);
  if (ending.bias != nullptr) {
    std::memcpy(bias, ending.bias, bytes);
    ending.bias = bias;
  }
  if (ending.residual != nullptr) {
    for (size_t i = 0; i < height; ++i)
      std::memcpy(residual + i * kWidth, ending.residual + i * ending.residualStride, bytes);
    ending.residual = residual;
    ending.residualStride = kWidth;
  }
  if (ending.accumulate)
    for (size_t i = 0; i < height; ++i) std::memcpy(part + i * kWidth, rows.at(i), bytes);
  storeTile(tile, EvenRows{part, kWidth}, ending);
  for (size_t i = 0; i < height; ++i) std::memcpy(rows.at(i), part + i * kWidth, bytes);
}

template <size_t Vectors, class Strip, class Rows>
void computeTile(Strip strip, const float* panel, size_t step, size_t depth, Rows rows, const Ending& ending,
                 size_t height, size_t width) {
  Tile<Vectors> tile;
  if (height == kTileRows && width == Vectors * kLanes) {
    repeat<kTileRows>([&](auto i) FGKD_INLINE_LAMBDA {
      repeat<Vectors>([&](auto v) FGKD_INLINE_LAMBDA { __builtin_prefetch(rows.at(i) + v * kLanes, 1); });
    });
    multiplyTile(tile, strip, panel, step, depth);
    storeTile(tile, rows, ending);
  } else {
    multiplyTile(tile, strip, panel, step, depth);
    Tile<Vectors> kept = tile;  // so that only this copy must lie in memory
    storePart(kept, rows, ending, height, width);
  }
}

template <class Strip, class Rows>
FGKD_INLINE void computeTile(Strip strip, const float* panel, size_t step, size_t depth, Rows rows,
                             const Ending& ending, size_t height, size_t width) {
  if (width <= size_t{kLanes}) computeTile<1>(strip, panel, step, depth, rows, ending, height, width);
  else computeTile<kTileVectors>(strip, panel, step, depth, rows, ending, height, width);
}

}  // namespace FGKD_ISA
}  // namespace fgkd
