// Matrix products of batches, either side transposed, with bias and activation.
#include "bindings.h"
#include "gemm.h"
#include "parallel.h"

namespace fgkd {
namespace {

/**
 * `matMul(a, b, y, [batchA, batchB, m, n, k, transposeA, transposeB, activation], bias)`: y[i] = op(a[i]) op(b[i]), plus
 * one value per column or null; a batch of one serves all of the other's.
 */
Napi::Value matMul(const Args& args) {
  auto f = args.array<int32_t>(3, 8);
  for (size_t i = 0; i < 8; ++i)
    if (f[i] < 0) fail("matMul: negative size");
  const size_t batchA = f[0], batchB = f[1], m = f[2], n = f[3], k = f[4];
  const bool transposeA = f[5] != 0, transposeB = f[6] != 0;
  if (batchA != batchB && batchA != 1 && batchB != 1) fail("matMul: batches differ");
  if (f[7] > 2) fail("matMul: unknown activation");
  const size_t batch = batchA == 1 ? batchB : batchA;
  auto a = args.f32(0, times({batchA, m, k})), b = args.f32(1, times({batchB, k, n})),
       y = args.f32(2, times({batch, m, n}));
  auto bias = args.optionalF32(4, n);
  if (y.size == 0) return args.info().Env().Undefined();
  Product p{m, n, k, {a.data, transposeA ? m : k, transposeA}, {b.data, transposeB ? k : n, transposeB}, {y.data, n},
            {bias.data, f[7]}};
  if (batchB == 1 && !transposeA) {
    p.m *= batch;  // every row of every a meets the same b: one tall product
  } else {
    p.batch = batch;
    p.aBatch = batchA == 1 ? 0 : m * k;
    p.bBatch = batchB == 1 ? 0 : k * n;
    p.cBatch = m * n;
  }
  multiply(p);
  return args.info().Env().Undefined();
}

}  // namespace

void bindMatMul(Napi::Object& exports) { bind(exports, "matMul", matMul); }

}  // namespace fgkd
