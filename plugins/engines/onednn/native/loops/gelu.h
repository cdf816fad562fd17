// The Gaussian error linear unit and its slope, without exponentials: each is a quotient of two polynomials of the fifth
// degree in x², fitted for the least greatest error (below 3e-7 as computed). Included after isa.h.
#pragma once

namespace fgkd {
namespace FGKD_ISA {

/** `limit`, with the sign of x, where x is beyond `end`; x (p0 + p1 x² + …) / (1 + q1 x² + …) elsewhere. */
static inline float oddQuotient(float x, float end, float limit, const float (&p)[6], const float (&q)[5]) {
  const float t = x * x;
  const float upper = ((((p[5] * t + p[4]) * t + p[3]) * t + p[2]) * t + p[1]) * t + p[0];
  const float lower = ((((q[4] * t + q[3]) * t + q[2]) * t + q[1]) * t + q[0]) * t + 1.f;
  const float inside = x * upper / lower;
  const float beyond = x < 0.f ? -limit : limit;
  return t > end * end ? beyond : inside;
}

/** x Φ(x) */
static inline float geluOf(float x) {
  constexpr float p[] = {0.7978845379f,   0.0664873973f,  0.009285205877f,
                         0.0003258869707f, 1.26886154e-5f, 4.690534383e-8f};
  constexpr float q[] = {0.2499959041f, 0.0283040721f, 0.001851319369f, 7.192215716e-5f, 1.217325019e-6f};
  return x * (0.5f + 0.5f * oddQuotient(x, 5.4f, 1.f, p, q));
}

/** Φ(x) + x φ(x), which is 1/2 and an odd function. */
static inline float geluSlopeOf(float x) {
  constexpr float p[] = {0.7978848098f,   -0.03084315929f, 0.01421752343f,
                         2.221966458e-5f, 3.589297413e-5f, 1.916968099e-7f};
  constexpr float q[] = {0.2946824054f, 0.04103143079f, 0.003526461914f, 0.0001929376109f, 8.913329712e-6f};
  return 0.5f + oddQuotient(x, 5.9f, 0.5f, p, q);
}

}  // namespace FGKD_ISA
}  // namespace fgkd
