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

}  // namespace FGKD_ISA
}  // namespace fgkd
