// Element-wise kernels with tfjs' broadcasting.
#include <cmath>
#include <functional>

#include "bf16.h"
#include "bindings.h"
#include "loops.h"
#include "parallel.h"

namespace fgkd {
namespace {

constexpr size_t kPiece = 1 << 13;

/** Splits [0, n) into pieces that begin on a cache line. */
template <class Body>
void pieces(size_t n, size_t cost, const Body& body) {
  size_t count = (n + kPiece - 1) / kPiece;
  parallelRanges(count, kPiece * cost, [&](size_t begin, size_t end) {
    size_t first = begin * kPiece, last = std::min(n, end * kPiece);
    body(first, last - first);
  });
}

/** `unary(op, x, y, alpha, beta)` */
Napi::Value unary(const Args& args) {
  int op = args.integer(0);
  if (op < 0 || op >= kUnaryCount) fail("unknown operation");
  const auto x = Stored::read(args, 1), y = Stored::read(args, 2, x.size);
  float alpha = float(args.number(3)), beta = float(args.number(4));
  pieces(x.size, 1, [&](size_t first, size_t count) {
    if (x.bf16 && y.bf16 && loops().unaryOfBf16(op, x.bf16 + first, y.bf16 + first, count)) return;
    inPieces(x.bf16 || y.bf16, count, [&](size_t part, size_t n) {
      const size_t at = first + part;
      float *from = x.room(0, n), *to = y.room(1, n);
      loops().unary(op, x.floats(at, n, from), y.place(at, to), n, alpha, beta);
      y.keep(at, n, to);
    });
  });
  return args.info().Env().Undefined();
}

/** Two operands of one result: neighbouring axes that broadcast alike are one axis. */
struct Broadcast {
  std::vector<int64_t> sizes, stepA, stepB;  // innermost last; strides in elements, 0 where an operand repeats
  size_t countA = 1, countB = 1, count = 1;

  Broadcast(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
    size_t rank = std::max(a.size(), b.size());
    bool wasA = false, wasB = false;
    size_t whole = 1;
    countA = product(a);
    countB = product(b);
    for (size_t axis = 0; axis < rank; ++axis) {
      int64_t sizeA = axis + a.size() < rank ? 1 : a[axis + a.size() - rank];
      int64_t sizeB = axis + b.size() < rank ? 1 : b[axis + b.size() - rank];
      if (sizeA != sizeB && sizeA != 1 && sizeB != 1) fail("shapes do not broadcast");
      int64_t size = sizeA == 1 ? sizeB : sizeA;
      whole = times({whole, size_t(std::max<int64_t>(1, size))});
      count = size == 0 ? 0 : count * size_t(size);
      if (size == 1) continue;
      bool movesA = sizeA != 1, movesB = sizeB != 1;
      if (!sizes.empty() && movesA == wasA && movesB == wasB) {
        sizes.back() *= size;
      } else {
        sizes.push_back(size);
        stepA.push_back(movesA);
        stepB.push_back(movesB);
      }
      wasA = movesA;
      wasB = movesB;
    }
    if (sizes.empty()) {
      sizes = {1};
      stepA = stepB = {1};
    }
    int64_t a1 = 1, b1 = 1;
    for (size_t i = sizes.size(); i-- > 0;) {
      bool movesA = stepA[i] != 0, movesB = stepB[i] != 0;
      stepA[i] = movesA ? a1 : 0;
      stepB[i] = movesB ? b1 : 0;
      if (movesA) a1 *= sizes[i];
      if (movesB) b1 *= sizes[i];
    }
  }

  /** Calls `body(a, b, y, n)` with offsets for runs of the innermost axis. */
  template <class Body>
  void run(const Body& body) const {
    size_t inner = sizes.back(), outer = inner == 0 ? 0 : count / inner;
    if (count == 0) return;
    if (outer == 1) {
      pieces(inner, 1, [&](size_t at, size_t n) { body(stepA.back() ? at : 0, stepB.back() ? at : 0, at, n); });
      return;
    }
    parallelRanges(outer, inner, [&](size_t begin, size_t end) {
      for (size_t line = begin; line < end; ++line) {
        size_t rest = line, a = 0, b = 0;
        for (size_t i = sizes.size() - 1; i-- > 0;) {
          size_t index = rest % sizes[i];
          rest /= sizes[i];
          a += index * stepA[i];
          b += index * stepB[i];
        }
        body(a, b, line * inner, inner);
      }
    });
  }
};

/** `binary(op, a, b, y, shapeA, shapeB)` */
Napi::Value binary(const Args& args) {
  int op = args.integer(0);
  if (op < 0 || op >= kBinaryCount) fail("unknown operation");
  Broadcast plan(args.shape(4), args.shape(5));
  const auto a = Stored::read(args, 1, plan.countA), b = Stored::read(args, 2, plan.countB),
             y = Stored::read(args, 3, plan.count);
  int sa = plan.stepA.back() != 0, sb = plan.stepB.back() != 0;
  const bool isBf16 = a.bf16 && b.bf16 && y.bf16 && sa && sb;
  plan.run([&](size_t i, size_t j, size_t k, size_t count) {
    if (isBf16 && loops().binaryOfBf16(op, a.bf16 + i, b.bf16 + j, y.bf16 + k, count)) return;
    inPieces(a.bf16 || b.bf16 || y.bf16, count, [&](size_t part, size_t n) {
      float* to = y.room(2, n);
      loops().binary(op, a.floats(i + part * sa, sa ? n : 1, a.room(0, n)),
                     b.floats(j + part * sb, sb ? n : 1, b.room(1, n)), y.place(k + part, to), n, sa, sb);
      y.keep(k + part, n, to);
    });
  });
  return args.info().Env().Undefined();
}

/** `compare(op, a, b, y, shapeA, shapeB)`; y is a Uint8Array. */
Napi::Value compare(const Args& args) {
  int op = args.integer(0);
  if (op < 0 || op >= kCompareCount) fail("unknown operation");
  Broadcast plan(args.shape(4), args.shape(5));
  auto a = args.f32(1, plan.countA), b = args.f32(2, plan.countB);
  auto y = args.array<uint8_t>(3, plan.count);
  int sa = plan.stepA.back() != 0, sb = plan.stepB.back() != 0;
  plan.run([&](size_t i, size_t j, size_t k, size_t n) {
    loops().compare(op, a.data + i, b.data + j, y.data + k, n, sa, sb);
  });
  return args.info().Env().Undefined();
}

int32_t wrap(int64_t value) { return int32_t(uint32_t(uint64_t(value))); }

int32_t integerOf(int op, int32_t u, int32_t v) {
  switch (op) {
    case kAdd: return wrap(int64_t(u) + v);
    case kSub: return wrap(int64_t(u) - v);
    case kMultiply: return wrap(int64_t(u) * v);
    case kMaximum: return std::max(u, v);
    default: return std::min(u, v);
  }
}

/** `binaryInt(op, a, b, y, shapeA, shapeB)` for Add, Sub, Multiply, Maximum and Minimum. */
Napi::Value binaryInt(const Args& args) {
  int op = args.integer(0);
  if (op != kAdd && op != kSub && op != kMultiply && op != kMaximum && op != kMinimum) fail("unknown operation");
  Broadcast plan(args.shape(4), args.shape(5));
  auto a = args.array<int32_t>(1, plan.countA), b = args.array<int32_t>(2, plan.countB),
       y = args.array<int32_t>(3, plan.count);
  size_t sa = plan.stepA.back() != 0, sb = plan.stepB.back() != 0;
  plan.run([&](size_t i, size_t j, size_t k, size_t n) {
    for (size_t at = 0; at < n; ++at) y[k + at] = integerOf(op, a[i + at * sa], b[j + at * sb]);
  });
  return args.info().Env().Undefined();
}

/** `compareInt(op, a, b, y, shapeA, shapeB)` for int32 operands. */
Napi::Value compareInt(const Args& args) {
  int op = args.integer(0);
  Broadcast plan(args.shape(4), args.shape(5));
  auto a = args.array<int32_t>(1, plan.countA), b = args.array<int32_t>(2, plan.countB);
  auto y = args.array<uint8_t>(3, plan.count);
  size_t sa = plan.stepA.back() != 0, sb = plan.stepB.back() != 0;
  auto each = [&](auto holds) {
    plan.run([&](size_t i, size_t j, size_t k, size_t n) {
      for (size_t at = 0; at < n; ++at) y[k + at] = holds(a[i + at * sa], b[j + at * sb]);
    });
  };
  switch (op) {
    case kEqual: each(std::equal_to<int32_t>()); break;
    case kNotEqual: each(std::not_equal_to<int32_t>()); break;
    case kLess: each(std::less<int32_t>()); break;
    case kLessEqual: each(std::less_equal<int32_t>()); break;
    case kGreater: each(std::greater<int32_t>()); break;
    case kGreaterEqual: each(std::greater_equal<int32_t>()); break;
    default: fail("unknown operation");
  }
  return args.info().Env().Undefined();
}

/** `select(condition, a, b, y)`, all of one size. */
Napi::Value select(const Args& args) {
  auto condition = args.array<uint8_t>(0);
  auto a = args.f32(1, condition.size), b = args.f32(2, condition.size), y = args.f32(3, condition.size);
  pieces(y.size, 1, [&](size_t at, size_t n) {
    loops().select(condition.data + at, a.data + at, b.data + at, y.data + at, n);
  });
  return args.info().Env().Undefined();
}

/** `sgd(p, g, m, newP, newM, [rate, momentum, factor, decay, nesterov])` */
Napi::Value sgd(const Args& args) {
  auto p = args.array<float>(0);
  auto g = args.f32(1, p.size), m = args.f32(2, p.size), newP = args.f32(3, p.size), newM = args.f32(4, p.size);
  auto options = args.f32(5, 5);
  pieces(p.size, 1, [&](size_t at, size_t n) {
    loops().sgd(p.data + at, g.data + at, m.data + at, newP.data + at, newM.data + at, n, options.data);
  });
  return args.info().Env().Undefined();
}

/** `adam(p, g, m, v, newP, newM, newV, options)`, the nine options of loops/binary.cc */
Napi::Value adam(const Args& args) {
  auto p = args.array<float>(0);
  auto g = args.f32(1, p.size), m = args.f32(2, p.size), v = args.f32(3, p.size);
  auto newP = args.f32(4, p.size), newM = args.f32(5, p.size), newV = args.f32(6, p.size);
  auto options = args.f32(7, 9);
  pieces(p.size, 1, [&](size_t at, size_t n) {
    loops().adam(p.data + at, g.data + at, m.data + at, v.data + at, newP.data + at, newM.data + at, newV.data + at, n,
                 options.data);
  });
  return args.info().Env().Undefined();
}

/**
 * `movingAverage(average, value, y, [kept, share, factor])`: y = average · kept + (value · factor) · share, each product
 * rounded by itself: this file is compiled for no instruction that adds in the same go.
 */
Napi::Value movingAverage(const Args& args) {
  auto average = args.array<float>(0);
  auto value = args.f32(1, average.size), y = args.f32(2, average.size), options = args.f32(3, 3);
  const float kept = options[0], share = options[1], factor = options[2];
  pieces(y.size, 1, [&](size_t at, size_t n) {
    for (size_t i = at; i < at + n; ++i) y[i] = average[i] * kept + value[i] * factor * share;
  });
  return args.info().Env().Undefined();
}

Napi::Object numbers(Napi::Env env, const std::vector<const char*>& names) {
  auto made = Napi::Object::New(env);
  for (size_t i = 0; i < names.size(); ++i) made.Set(names[i], double(i));
  return made;
}

}  // namespace

void bindElementwise(Napi::Object& exports) {
#define FGKD_STRING(name) #name,
  exports.Set("unaryOps", numbers(exports.Env(), {FGKD_UNARY(FGKD_STRING)}));
  exports.Set("binaryOps", numbers(exports.Env(), {FGKD_BINARY(FGKD_STRING)}));
  exports.Set("compareOps", numbers(exports.Env(), {FGKD_COMPARE(FGKD_STRING)}));
#undef FGKD_STRING
  bind(exports, "unary", unary);
  bind(exports, "binary", binary);
  bind(exports, "compare", compare);
  bind(exports, "binaryInt", binaryInt);
  bind(exports, "compareInt", compareInt);
  bind(exports, "select", select);
  bind(exports, "sgd", sgd);
  bind(exports, "adam", adam);
  bind(exports, "movingAverage", movingAverage);
}

}  // namespace fgkd
