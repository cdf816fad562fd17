// Included first by every file of loops/, which are compiled once per FGKD_ISA. Nothing here may leave the namespace
// with a name that two instruction sets share: the linker would keep one of the two copies for all.
#pragma once
#include <cmath>
#include <cstring>

#include "../loops.h"

#ifndef FGKD_ISA
#define FGKD_ISA baseline
#endif

#define FGKD_SIMD _Pragma("omp simd")

namespace fgkd {
namespace FGKD_ISA {

void fillUnary(Loops& loops);
void fillBinary(Loops& loops);
void fillReductions(Loops& loops);
void fillSoftmax(Loops& loops);
void fillAttention(Loops& loops);
void fillAttentionOfBf16(Loops& loops);
void fillNormalisation(Loops& loops);
void fillLayerNorm(Loops& loops);
void fillPooling(Loops& loops);
void fillMaxPooling(Loops& loops);
void fillResize(Loops& loops);
void fillDepthwise(Loops& loops);
void fillResample(Loops& loops);
void fillBf16(Loops& loops);
void fillGemm(Loops& loops);
void fillPanels(Loops& loops);
void fillWinograd(Loops& loops);

static inline float bitsToFloat(int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
static inline int32_t floatToBits(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/** A NaN on either side wins, as in JavaScript's Math.max. */
static inline float maximum(float a, float b) { return a > b || a != a ? a : b; }
static inline float minimum(float a, float b) { return a < b || a != a ? a : b; }

/** eˣ to about one unit in the last place. Without branches, so that loops vectorise. */
static inline float expOf(float x) {
  const float clamped = x > 89.f ? 89.f : (x < -104.f ? -104.f : x);  // a NaN stays and spreads by itself
  const float scaled = clamped * 1.44269504088896341f;
  const int32_t n = static_cast<int32_t>(scaled + (scaled < 0.f ? -0.5f : 0.5f));
  const float k = static_cast<float>(n);
  const float r = (clamped - k * 0.693359375f) + k * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  // In two steps: 2¹²⁸ alone is not a float, and neither is 2⁻¹⁵⁰.
  const int32_t half = n >> 1;
  return p * bitsToFloat(static_cast<int32_t>(static_cast<uint32_t>(half + 127) << 23)) *
         bitsToFloat(static_cast<int32_t>(static_cast<uint32_t>(n - half + 127) << 23));
}

/** ln x to about one unit in the last place. */
static inline float logOf(float x) {
  bool denormal = x < 1.17549435e-38f;
  float scaled = denormal ? x * 8388608.f : x;
  int32_t bits = floatToBits(scaled);
  int32_t exponent = ((bits >> 23) & 0xff) - 126;
  float m = bitsToFloat((bits & 0x807fffff) | 0x3f000000);
  bool low = m < 0.707106781186547524f;
  float e = static_cast<float>(exponent) - (low ? 1.f : 0.f) - (denormal ? 23.f : 0.f);
  m = low ? m + m - 1.f : m - 1.f;
  float z = m * m;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  float result = m * z * p + e * -2.12194440e-4f - 0.5f * z + m + e * 0.693359375f;
  result = x == bitsToFloat(0x7f800000) ? x : result;
  result = x == 0.f ? bitsToFloat(static_cast<int32_t>(0xff800000)) : result;
  return x != x || x < 0.f ? bitsToFloat(0x7fc00000) : result;
}

static inline float tanhOf(float x) {
  float size = x < 0.f ? -x : x;
  float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  float small = p * z * x + x;
  float large = 1.f - 2.f / (expOf(size + size) + 1.f);
  large = x < 0.f ? -large : large;
  return size < 0.625f ? small : (x != x ? x : large);
}

/** erf x by its series below 1 and a rational fit above; error below 2e-7. */
static inline float erfOf(float x) {
  float size = x < 0.f ? -x : x;
  float z = x * x;
  float p = 7.853861353153693e-5f;
  p = p * z - 8.010193625184903e-4f;
  p = p * z + 5.188327685732524e-3f;
  p = p * z - 2.685381193529856e-2f;
  p = p * z + 1.128358514861418e-1f;
  p = p * z - 3.761262582423300e-1f;
  p = p * z + 1.128379165726710e+0f;
  float small = x * p;
  float t = 1.f / (1.f + 0.3275911f * size);
  float q = 1.061405429f;
  q = q * t - 1.453152027f;
  q = q * t + 1.421413741f;
  q = q * t - 0.284496736f;
  q = q * t + 0.254829592f;
  float large = 1.f - q * t * expOf(-z);
  large = x < 0.f ? -large : large;
  return size < 1.f ? small : (x != x ? x : large);
}

}  // namespace FGKD_ISA
}  // namespace fgkd
