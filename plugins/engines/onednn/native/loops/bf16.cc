// Between floats and bf16, the upper half of a float.
#include "isa.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

/** To the nearest, of two alike the even one; a NaN stays one, and is quiet. */
inline uint32_t roundedBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = bits + 0x7fffu + ((bits >> 16) & 1u);
  return (bits & 0x7fffffffu) > 0x7f800000u ? bits | 0x400000u : rounded;
}

void round(const float* __restrict x, uint16_t* __restrict y, size_t n) {
  FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = static_cast<uint16_t>(roundedBits(x[i]) >> 16);
}

void roundInPlace(const float* x, float* y, size_t n) {
  FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = bitsToFloat(static_cast<int32_t>(roundedBits(x[i]) & 0xffff0000u));
}

void widen(const uint16_t* __restrict x, float* __restrict y, size_t n) {
  FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = bitsToFloat(static_cast<int32_t>(static_cast<uint32_t>(x[i]) << 16));
}

}  // namespace

void fillBf16(Loops& loops) {
  loops.round = round;
  loops.roundInPlace = roundInPlace;
  loops.widen = widen;
}

}  // namespace FGKD_ISA
}  // namespace fgkd
