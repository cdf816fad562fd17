// Vectors of one instruction set, for loops that must say which values stay in registers. Included after isa.h.
#pragma once

namespace fgkd {
namespace FGKD_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float)), may_alias));
/** The same anywhere in memory. */
typedef float LooseVector __attribute__((vector_size(kLanes * sizeof(float)), may_alias, aligned(4)));

static inline Vector load(const float* from) { return *reinterpret_cast<const LooseVector*>(from); }
static inline void store(float* to, Vector value) { *reinterpret_cast<LooseVector*>(to) = value; }

static inline float sumOfLanes(Vector value) {
  float total = 0.f;
  for (int lane = 0; lane < kLanes; ++lane) total += value[lane];
  return total;
}

/** Sums that do not wait for one another. */
constexpr int kChains = 4;

/** Σ of `term(i)` for a vector of values at i, and of `term` again for the single values that are left. */
template <class Term>
static inline float sumOf(size_t n, Term term) {
  Vector sums[kChains] = {};
  size_t i = 0;
  for (; i + kChains * kLanes <= n; i += kChains * kLanes) {
#pragma GCC unroll 4
    for (int chain = 0; chain < kChains; ++chain) sums[chain] += term(i + chain * kLanes, load);
  }
  for (; i + kLanes <= n; i += kLanes) sums[0] += term(i, load);
  float total = 0.f;
  for (; i < n; ++i) total += term(i, [](const float* from) { return *from; });
  return total + sumOfLanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

}  // namespace FGKD_ISA
}  // namespace fgkd
