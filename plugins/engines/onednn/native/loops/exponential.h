// Vectors of exponentials, as softmax needs them.
#pragma once
#include "isa.h"
#include "vectors.h"

namespace fgkd {
namespace FGKD_ISA {

/** Unsigned, whose sums may overflow: what is below every normal float is not used. */
typedef uint32_t Integers __attribute__((vector_size(kLanes * sizeof(uint32_t)), may_alias));

/** eˣ of x ≤ 0 to about one unit in the last place; 0 where eˣ is no normal float. */
static inline Vector expOfNegative(Vector x) {
  // Adding 1.5 · 2²³ leaves the nearest whole number in the lowest bits, from where it moves to the exponent.
  const Vector shifted = x * 1.44269504088896341f + 12582912.f;
  const Vector k = shifted - 12582912.f;
  const Vector r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
  Vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  const Integers bits = (Integers)p + ((Integers)shifted << 23);
  return x < -87.f ? Vector{} : (Vector)bits;
}

}  // namespace FGKD_ISA
}  // namespace fgkd
