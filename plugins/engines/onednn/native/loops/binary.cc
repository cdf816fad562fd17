// Element-wise functions of two tensors, comparisons, selection and the optimiser's update.
#include "isa.h"
#include "gelu.h"
#include "stored.h"

namespace fgkd {
namespace FGKD_ISA {
namespace {

template <class Out, class Function>
void zip(const float* a, const float* b, Out* y, size_t n, int stepA, int stepB,
         Function function) {
  if (stepA != 0 && stepB != 0) {
    FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = function(a[i], b[i]);
  } else if (stepA != 0) {
    const float right = *b;
    FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = function(a[i], right);
  } else {
    const float left = *a;
    if (stepB != 0) {
      FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = function(left, b[i]);
    } else {
      const Out value = function(left, *b);
      for (size_t i = 0; i < n; ++i) y[i] = value;
    }
  }
}

float floorMod(float a, float b) {
  float rest = std::fmod(a, b);
  return (a < 0.f && b < 0.f) || (a >= 0.f && b >= 0.f) ? rest : std::fmod(rest + b, b);
}

void binary(int op, const float* a, const float* b, float* y, size_t n, int stepA, int stepB) {
#define FGKD_ZIP(expression) return zip(a, b, y, n, stepA, stepB, [](float u, [[maybe_unused]] float v) -> float { return expression; })
  switch (op) {
    case kAdd: FGKD_ZIP(u + v);
    case kSub: FGKD_ZIP(u - v);
    case kMultiply: FGKD_ZIP(u * v);
    case kRealDiv: FGKD_ZIP(u / v);
    case kMaximum: FGKD_ZIP(maximum(u, v));
    case kMinimum: FGKD_ZIP(minimum(u, v));
    case kSquaredDifference: FGKD_ZIP((u - v) * (u - v));
    case kPow:
      if (stepB == 0 && *b == 2.f) FGKD_ZIP(u * u);
      if (stepB == 0 && *b == 0.5f) FGKD_ZIP(__builtin_sqrtf(u));
      FGKD_ZIP(std::pow(u, v));
    case kPrelu: FGKD_ZIP(u < 0.f ? u * v : u);
    case kMod: FGKD_ZIP(floorMod(u, v));
    case kEluGrad: FGKD_ZIP(v >= 0.f ? u : u * (v + 1.f));
    case kFgkdAddRelu: FGKD_ZIP(u + v < 0.f ? 0.f : u + v);
    case kFgkdReluGrad: FGKD_ZIP(v > 0.f ? u : (v != v ? v : 0.f));
    case kFgkdGeluGrad: FGKD_ZIP(u * geluSlopeOf(v));
  }
#undef FGKD_ZIP
}

/** Sums and gradients of activations, which images kept as bf16 pass through; false for others. */
bool binaryOfBf16(int op, const uint16_t* a, const uint16_t* b, uint16_t* y, size_t n) {
#define FGKD_ZIP(expression)                                 \
  {                                                          \
    FGKD_SIMD for (size_t i = 0; i < n; ++i) {               \
      const float u = valueOf(a[i]), v = valueOf(b[i]);      \
      keep(y[i], expression);                                \
    }                                                        \
    return true;                                             \
  }
  switch (op) {
    case kAdd: FGKD_ZIP(u + v)
    case kFgkdAddRelu: FGKD_ZIP(u + v < 0.f ? 0.f : u + v)
    case kFgkdReluGrad: FGKD_ZIP(v > 0.f ? u : (v != v ? v : 0.f))
    case kFgkdGeluGrad: FGKD_ZIP(u * geluSlopeOf(v))
    default: return false;
  }
#undef FGKD_ZIP
}

void compare(int op, const float* a, const float* b, uint8_t* y, size_t n, int stepA, int stepB) {
#define FGKD_ZIP(expression)                                                                                           \
  return zip(a, b, y, n, stepA, stepB, [](float u, float v) -> uint8_t { return expression; })
  switch (op) {
    case kEqual: FGKD_ZIP(u == v);
    case kNotEqual: FGKD_ZIP(u != v);
    case kLess: FGKD_ZIP(u < v);
    case kLessEqual: FGKD_ZIP(u <= v);
    case kGreater: FGKD_ZIP(u > v);
    case kGreaterEqual: FGKD_ZIP(u >= v);
  }
#undef FGKD_ZIP
}

void select(const uint8_t* __restrict condition, const float* __restrict a, const float* __restrict b,
            float* __restrict y, size_t n) {
  FGKD_SIMD for (size_t i = 0; i < n; ++i) y[i] = condition[i] ? a[i] : b[i];
}

/** options: rate, momentum, dampened gradient factor, weight decay, nesterov. The results may lie where p and m do. */
void sgd(float* p, const float* __restrict g, float* m, float* newP, float* newM, size_t n, const float* options) {
  const float rate = options[0], momentum = options[1], factor = options[2], decay = options[3];
  const bool nesterov = options[4] != 0.f;
  FGKD_SIMD for (size_t i = 0; i < n; ++i) {
    const float gradient = g[i] + decay * p[i];
    const float velocity = momentum * m[i] + factor * gradient;
    newM[i] = velocity;
    newP[i] = p[i] - rate * (nesterov ? gradient + momentum * velocity : velocity);
  }
}

/** options: rate, both shares that stay, both that come, the second mean's correction, epsilon, decay, shrinkage. */
void adam(const float* __restrict p, const float* __restrict g, const float* __restrict m, const float* __restrict v,
          float* __restrict newP, float* __restrict newM, float* __restrict newV, size_t n, const float* options) {
  const float rate = options[0], stays1 = options[1], stays2 = options[2], comes1 = options[3], comes2 = options[4];
  const float correction = options[5], epsilon = options[6], decay = options[7], shrinkage = options[8];
  FGKD_SIMD for (size_t i = 0; i < n; ++i) {
    const float gradient = g[i] + decay * p[i];
    const float mean = stays1 * m[i] + comes1 * gradient;
    const float square = stays2 * v[i] + comes2 * (gradient * gradient);
    newM[i] = mean;
    newV[i] = square;
    newP[i] = shrinkage * p[i] - rate * mean / (std::sqrt(square / correction) + epsilon);
  }
}

}  // namespace

void fillBinary(Loops& loops) {
  loops.binary = binary;
  loops.binaryOfBf16 = binaryOfBf16;
  loops.compare = compare;
  loops.select = select;
  loops.sgd = sgd;
  loops.adam = adam;
}

}  // namespace FGKD_ISA
}  // namespace fgkd
