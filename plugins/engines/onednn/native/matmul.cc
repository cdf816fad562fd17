// Matrix products of batches, either side transposed: one oneDNN product split over the threads, or many over them.
#include <atomic>

#include "bindings.h"
#include "engine.h"
#include "parallel.h"

namespace fgkd {
namespace {

struct Product {
  size_t m, n, k;
  bool transposeA, transposeB;
};

dnnl_status_t multiply(const Product& p, const float* a, const float* b, float* c) {
  return dnnl_sgemm(p.transposeA ? 'T' : 'N', p.transposeB ? 'T' : 'N', p.m, p.n, p.k, 1.f, a,
                    p.transposeA ? p.m : p.k, b, p.transposeB ? p.k : p.n, 0.f, c, p.n);
}

/**
 * `matMul(a, b, y, [batchA, batchB, m, n, k, transposeA, transposeB])`: y[i] = op(a[i]) op(b[i]); a batch of one serves
 * all of the other's.
 */
Napi::Value matMul(const Args& args) {
  auto f = args.array<int32_t>(3, 7);
  for (size_t i = 0; i < 7; ++i)
    if (f[i] < 0) fail("matMul: negative size");
  size_t batchA = f[0], batchB = f[1];
  Product p{size_t(f[2]), size_t(f[3]), size_t(f[4]), f[5] != 0, f[6] != 0};
  if (batchA != batchB && batchA != 1 && batchB != 1) fail("matMul: batches differ");
  size_t batch = batchA == 1 ? batchB : batchA;
  auto a = args.f32(0, times({batchA, p.m, p.k})), b = args.f32(1, times({batchB, p.k, p.n})),
       y = args.f32(2, times({batch, p.m, p.n}));
  if (y.size == 0) return args.info().Env().Undefined();
  if (p.k == 0) {
    std::fill(y.data, y.data + y.size, 0.f);
    return args.info().Env().Undefined();
  }
  // Every row of every a meets the same b: one tall product.
  if (batchB == 1 && !p.transposeA) {
    p.m *= batch;
    batch = 1;
  }
  size_t strideA = batchA == 1 ? 0 : p.m * p.k, strideB = batchB == 1 ? 0 : p.k * p.n, strideY = p.m * p.n;
  std::atomic<dnnl_status_t> failure{dnnl_success};  // an exception must not leave a thread
  auto one = [&](size_t i) {
    auto status = multiply(p, a.data + i * strideA, b.data + i * strideB, y.data + i * strideY);
    if (status != dnnl_success) failure = status;
  };
  size_t threads = omp_get_max_threads();
  // A product per thread needs no meeting of threads; only large ones are worth splitting.
  if (batch >= threads && batch > 1) {
    parallelItems(batch, p.m * p.n * p.k, one);
  } else {
    for (size_t i = 0; i < batch; ++i) one(i);
  }
  if (failure != dnnl_success) throw dnnl::error(failure, "sgemm failed");
  return args.info().Env().Undefined();
}

}  // namespace

void bindMatMul(Napi::Object& exports) { bind(exports, "matMul", matMul); }

}  // namespace fgkd
