// What attention in floats and attention of values kept as bf16 share: blocks of queries, memory, softmax and its gradient.
#pragma once
#include <algorithm>

#include "exponential.h"
#include "tile.h"

namespace fgkd {
namespace FGKD_ISA {

/** Queries done together, at most: enough that what is packed for all is worth it, and few enough for the caches. */
constexpr size_t kQueries = 48;
static_assert(kQueries % kTileRows == 0, "whole strips");

static inline size_t roundUp(size_t n, size_t to) { return (n + to - 1) / to * to; }

/** How far apart rows lie in the memory of a call. */
struct Strides {
  size_t map, result;

  template <class Head>
  explicit Strides(const Head& h) {
    // An odd number of cache lines, lest rows of one column fall into the same few places of a cache.
    map = roundUp(std::max(roundUp(h.tokens, kTileColumns), roundUp(h.tokens, kTileRows)), 16) | 16;
    result = roundUp(h.channels, kTileColumns);
  }
};

/** Blocks of queries, alike in size and in whole strips. */
static inline size_t rowsOfBlock(size_t queries) {
  const size_t blocks = (queries + kQueries - 1) / kQueries;
  return roundUp((queries + blocks - 1) / blocks, kTileRows);
}

/** Hands out memory from the front, in whole cache lines; of none, it counts what is asked for. */
struct Memory {
  float* base;
  size_t taken = 0;

  float* take(size_t floats) {
    float* piece = base == nullptr ? nullptr : base + taken;
    taken += roundUp(floats, 16);
    return piece;
  }
};

/** The greatest, or the sum, of some values, pair by pair. */
template <int Count, class Join>
FGKD_INLINE float joined(float* values, Join join) {
  if constexpr (Count > 1) {
    repeat<Count / 2>([&](auto i) FGKD_INLINE_LAMBDA { values[i] = join(values[i], values[i + Count / 2]); });
    return joined<Count / 2>(values, join);
  }
  return values[0];
}
template <class Join>
FGKD_INLINE float joined(Vector value, Join join) {
  float lanes[kLanes];
  store(lanes, value);
  return joined<kLanes>(lanes, join);
}

static inline size_t vectorsOf(size_t n) { return (n + kLanes - 1) / kLanes; }

static inline void fillRest(float* row, size_t n, float value) {
  for (size_t i = n; i < vectorsOf(n) * kLanes; ++i) row[i] = value;
}

/**
 * In place, of a row with room for whole vectors, whose differences `scaled` makes those of logits. A NaN anywhere spoils
 * the sum.
 */
template <class Scaled>
static inline void softmaxOf(float* row, size_t n, Scaled scaled) {
  fillRest(row, n, -INFINITY);
  const size_t vectors = vectorsOf(n);
  Vector best = load(row), sum = {};
  for (size_t i = 1; i < vectors; ++i) {
    const Vector value = load(row + i * kLanes);
    best = value > best ? value : best;
  }
  const float top = joined(best, [](float a, float b) { return b > a ? b : a; });
  for (size_t i = 0; i < vectors; ++i) {
    const Vector e = expOfNegative(scaled(load(row + i * kLanes) - top));
    sum += e;
    store(row + i * kLanes, e);
  }
  const float factor = 1.f / joined(sum, [](float a, float b) { return a + b; });
  for (size_t i = 0; i < vectors; ++i) store(row + i * kLanes, load(row + i * kLanes) * factor);
}

/** The gradient of logits in the place of that of what softmax made of them, `map`. */
static inline void softmaxGradOf(float* slope, const float* map, size_t n) {
  fillRest(slope, n, 0.f);
  const size_t vectors = vectorsOf(n);
  Vector sum = {};
  for (size_t i = 0; i < vectors; ++i) sum += load(slope + i * kLanes) * load(map + i * kLanes);
  const float total = joined(sum, [](float a, float b) { return a + b; });
  for (size_t i = 0; i < vectors; ++i)
    store(slope + i * kLanes, (load(slope + i * kLanes) - total) * load(map + i * kLanes));
}

}  // namespace FGKD_ISA
}  // namespace fgkd
