// Element-wise functions of one tensor.
#include "isa.h"
#include "gelu.h"
#include "stored.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

template <class Function>
void map(const float* x, float* y, size_t n, Function function) {
  FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = function(x[i]);
}

/** Functions of the C library: slower, rarely used in training. */
template <class Function>
void mapSlowly(const float* x, float* y, size_t n, Function function) {
  for (size_t i = 0; i < n; ++i) y[i] = function(x[i]);
}

float roundHalfToEven(float x) {
  float base = std::floor(x);
  float rest = x - base;
  if (rest < 0.5f) return base;
  if (rest > 0.5f) return std::ceil(x);
  return std::fmod(base, 2.f) == 0.f ? base : base + 1.f;
}

void unary(int op, const float* x, float* y, size_t n, float alpha, float beta) {
  constexpr float kSeluAlpha = 1.7580993408473768599402175208123f, kSeluScale = 1.0507009873554804934193349852946f;
  switch (op) {
    case kAbs: return map(x, y, n, [](float v) { return v < 0.f ? -v : v; });
    case kNeg: return map(x, y, n, [](float v) { return -v; });
    case kSquare: return map(x, y, n, [](float v) { return v * v; });
    case kSqrt: return map(x, y, n, [](float v) { return __builtin_sqrtf(v); });
    case kRsqrt: return map(x, y, n, [](float v) { return 1.f / __builtin_sqrtf(v); });
    case kReciprocal: return map(x, y, n, [](float v) { return 1.f / v; });
    case kExp: return map(x, y, n, [](float v) { return expOf(v); });
    case kExpm1: return mapSlowly(x, y, n, [](float v) { return std::expm1(v); });
    case kLog: return map(x, y, n, [](float v) { return logOf(v); });
    case kLog1p: return mapSlowly(x, y, n, [](float v) { return std::log1p(v); });
    case kSigmoid: return map(x, y, n, [](float v) { return 1.f / (1.f + expOf(-v)); });
    case kTanh: return map(x, y, n, [](float v) { return tanhOf(v); });
    case kRelu: return map(x, y, n, [](float v) { return v < 0.f ? 0.f : v; });
    case kRelu6: return map(x, y, n, [](float v) { return v < 0.f ? 0.f : (v > 6.f ? 6.f : v); });
    case kLeakyRelu: return map(x, y, n, [alpha](float v) { return v < 0.f ? alpha * v : v; });
    case kElu: return map(x, y, n, [](float v) { return v >= 0.f ? v : expOf(v) - 1.f; });
    case kSelu: return map(x, y, n, [](float v) { return v >= 0.f ? kSeluScale * v : kSeluAlpha * (expOf(v) - 1.f); });
    case kSoftplus:
      return map(x, y, n, [](float v) {
        float e = expOf(v < 0.f ? v : -v);
        // ln(1 + e) keeps small e, which 1 + e would round away.
        float u = 1.f + e;
        float rest = u == 1.f ? e : logOf(u) * (e / (u - 1.f));
        return v != v ? v : (v > 0.f ? v : 0.f) + rest;
      });
    case kErf: return map(x, y, n, [](float v) { return erfOf(v); });
    case kStep: return map(x, y, n, [alpha](float v) { return v != v ? v : (v > 0.f ? 1.f : alpha); });
    case kSign: return map(x, y, n, [](float v) { return v < 0.f ? -1.f : (v > 0.f ? 1.f : 0.f); });
    case kFloor: return mapSlowly(x, y, n, [](float v) { return std::floor(v); });
    case kCeil: return mapSlowly(x, y, n, [](float v) { return std::ceil(v); });
    case kRound: return mapSlowly(x, y, n, roundHalfToEven);
    case kClipByValue: return map(x, y, n, [=](float v) { return v > beta ? beta : (v < alpha ? alpha : v); });
    case kSin: return mapSlowly(x, y, n, [](float v) { return std::sin(v); });
    case kCos: return mapSlowly(x, y, n, [](float v) { return std::cos(v); });
    case kFgkdGelu: return map(x, y, n, [](float v) { return geluOf(v); });
  }
}

/** Activations that images and tokens kept as bf16 pass through; false for others. */
bool unaryOfBf16(int op, const uint16_t* x, uint16_t* y, size_t n) {
  const auto map = [=](auto function) {
    FGKD_SIMD for (size_t i = 0; i < n; ++i) keep(y[i], function(valueOf(x[i])));
    return true;
  };
  switch (op) {
    case kRelu: return map([](float v) { return v < 0.f ? 0.f : v; });
    case kRelu6: return map([](float v) { return v < 0.f ? 0.f : (v > 6.f ? 6.f : v); });
    case kFgkdGelu: return map([](float v) { return geluOf(v); });
    default: return false;
  }
}

}  // namespace

void fillUnary(Loops& loops) {
  loops.unary = unary;
  loops.unaryOfBf16 = unaryOfBf16;
}

}  // namespace FGKD_ISA
}  // namespace fgkd
