// Between floats and bf16, the upper half of a float.
#include "isa.h"
#include "stored.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

void round(const float* __restrict x, uint16_t* __restrict y, size_t n) {
  FGKD_SIMD for (size_t i = 0; i < n; ++i) keep(y[i], x[i]);
}

void roundInPlace(const float* x, float* y, size_t n) {
  FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = roundedToBf16(x[i]);
}

void widen(const uint16_t* __restrict x, float* __restrict y, size_t n) {
  FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = valueOf(x[i]);
}

}  // namespace

void fillBf16(Loops& loops) {
  loops.round = round;
  loops.roundInPlace = roundInPlace;
  loops.widen = widen;
}

}  // namespace FGKD_ISA
}  // namespace fgkd
