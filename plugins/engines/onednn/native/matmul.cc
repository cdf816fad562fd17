// Matrix products of batches, either side transposed, with bias and activation.
#include "bindings.h"
#include "gemm.h"
#include "parallel.h"

namespace fgkd {
namespace {

/** `[batchA, batchB, m, n, k, transposeA, transposeB, activation]` */
Span<int32_t> readSizes(const Args& args, size_t i) {
  auto f = args.array<int32_t>(i, 8);
  for (size_t k = 0; k < 8; ++k)
    if (f[k] < 0) fail("matMul: negative size");
  if (f[0] != f[1] && f[0] != 1 && f[1] != 1) fail("matMul: batches differ");
  if (f[7] > 2) fail("matMul: unknown activation");
  return f;
}

Product productOf(const Span<int32_t>& f, const float* a, const float* b, const float* y, const float* bias) {
  const size_t batchA = f[0], batchB = f[1], m = f[2], n = f[3], k = f[4];
  const bool transposeA = f[5] != 0, transposeB = f[6] != 0;
  const size_t batch = batchA == 1 ? batchB : batchA;
  Product p{m, n, k, {a, transposeA ? m : k, transposeA}, {b, transposeB ? k : n, transposeB}, {y, n}, {bias, f[7]}};
  if (batchB == 1 && !transposeA) {
    p.m *= batch;  // every row of every a meets the same b: one tall product
  } else {
    p.batch = batch;
    p.aBatch = batchA == 1 ? 0 : m * k;
    p.bBatch = batchB == 1 ? 0 : k * n;
    p.cBatch = m * n;
  }
  return p;
}

/**
 * `matMul(a, b, y, sizes, bias)`: y[i] = op(a[i]) op(b[i]), plus one value per column or null; a batch of one serves all of
 * the other's.
 */
Napi::Value matMul(const Args& args) {
  auto f = readSizes(args, 3);
  const size_t batchA = f[0], batchB = f[1], m = f[2], n = f[3], k = f[4];
  auto a = args.f32(0, times({batchA, m, k})), b = args.f32(1, times({batchB, k, n})),
       y = args.f32(2, times({batchA == 1 ? batchB : batchA, m, n}));
  auto bias = args.optionalF32(4, n);
  if (y.size > 0) multiply(productOf(f, a.data, b.data, y.data, bias.data));
  return args.info().Env().Undefined();
}

/** `matMulPieces(sizes, threads)`: multiplications of each piece that threads would take, in order. */
Napi::Value matMulPieces(const Args& args) {
  auto f = readSizes(args, 0);
  auto made = Napi::Array::New(args.info().Env());
  uint32_t count = 0;
  for (double work : pieceWork(productOf(f, nullptr, nullptr, nullptr, nullptr), args.count(1))) made.Set(count++, work);
  return made;
}

}  // namespace

void bindMatMul(Napi::Object& exports) {
  bind(exports, "matMul", matMul);
  bind(exports, "matMulPieces", matMulPieces);
}

}  // namespace fgkd
