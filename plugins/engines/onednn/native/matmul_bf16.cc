// Matrix products of operands rounded to bf16, by oneDNN, with sums in floats: for processors with units for them.
#include <dnnl.hpp>

#include <map>
#include <optional>
#include <vector>

#include "bf16.h"
#include "bindings.h"
#include "engine.h"
#include "parallel.h"
#include "versions.h"

namespace fgkd {
namespace {

using dnnl::memory;
using dt = memory::data_type;
using tag = memory::format_tag;

/** What one product is told from another by. */
struct Form {
  int64_t batchA, batchB, m, n, k;
  int transposeA, transposeB, activation, bias, keepsBf16;

  std::vector<int64_t> key() const {
    return {batchA, batchB, m, n, k, transposeA, transposeB, activation, bias, keepsBf16, omp_get_max_threads()};
  }
  int64_t batch() const { return batchA == 1 ? batchB : batchA; }
};

struct Prepared {
  dnnl::matmul primitive;
  memory::desc a, b, y, bias, scratchpad;
  bool usesStackFreely;
};

memory::desc operand(int64_t batch, int64_t rows, int64_t columns, int transposed, dt type) {
  return memory::desc({batch, rows, columns}, type, transposed ? tag::acb : tag::abc);
}

dnnl::primitive_attr attributes(const Form& form) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (form.activation == 0) return attr;
  const auto kind = form.activation == 2 ? dnnl::algorithm::eltwise_clip : dnnl::algorithm::eltwise_relu;
  const float most = form.activation == 2 ? 6.f : 0.f;
  dnnl::post_ops ops;
  appendEltwise(ops, kind, 0.f, most);
  attr.set_post_ops(ops);
  return attr;
}

Prepared prepare(const Form& form) {
  Prepared made;
  made.a = operand(form.batchA, form.m, form.k, form.transposeA, dt::bf16);
  made.b = operand(form.batchB, form.k, form.n, form.transposeB, dt::bf16);
  made.y = operand(form.batch(), form.m, form.n, 0, form.keepsBf16 ? dt::bf16 : dt::f32);
  made.bias = operand(1, 1, form.n, 0, dt::f32);
  const auto attr = attributes(form);
  const auto desc = matmulDescriptor(cpuEngine(), made.a, made.b, form.bias ? &made.bias : nullptr, made.y, attr);
  made.primitive = dnnl::matmul(desc);
  made.scratchpad = desc.scratchpad_desc();
  made.usesStackFreely = std::string(desc.impl_info_str()).find("gemm") != std::string::npos;
  return made;
}

/** Made once for each form, while there is room. */
const Prepared& preparedFor(const Form& form) {
  static std::map<std::vector<int64_t>, Prepared> known;
  const auto key = form.key();
  const auto found = known.find(key);
  if (found != known.end()) return found->second;
  if (known.size() >= 4096) known.clear();
  return known.emplace(key, prepare(form)).first->second;
}

size_t bytesFor(const Stored& x) { return x.bf16 != nullptr ? 0 : (x.size * sizeof(uint16_t) + 63) / 64 * 64; }

/** The values as bf16: as they are kept, or rounded into `room`. */
void* roundedInto(const Stored& x, char* room) {
  if (x.bf16 != nullptr) return x.bf16;
  auto* to = reinterpret_cast<uint16_t*>(room);
  parallelRanges(x.size, 1, [&](size_t begin, size_t end) { loops().round(x.f32 + begin, to + begin, end - begin); });
  return to;
}

/** `matMulBf16(a, b, y, sizes, bias)`, the arguments of `matMul`; a and b are floats, which are rounded, or bf16; y is either. */
Napi::Value matMulBf16(const Args& args) {
  if (!hasBf16Units()) fail("matMulBf16: this processor has no units for it");
  auto f = args.array<int32_t>(3, 8);
  for (size_t i = 0; i < 8; ++i)
    if (f[i] < 0) fail("matMulBf16: negative size");
  const size_t batchA = f[0], batchB = f[1], m = f[2], n = f[3], k = f[4];
  if (batchA != batchB && batchA != 1 && batchB != 1) fail("matMulBf16: batches differ");
  if (f[7] > 2) fail("matMulBf16: unknown activation");
  Form form{f[0], f[1], f[2], f[3], f[4], f[5] != 0, f[6] != 0, f[7], !args.missing(4), 0};
  if (m * n * k == 0) fail("matMulBf16: no values");
  const auto a = Stored::read(args, 0, times({batchA, m, k})), b = Stored::read(args, 1, times({batchB, k, n}));
  const auto y = Stored::read(args, 2, times({size_t(form.batch()), m, n}));
  form.keepsBf16 = y.bf16 != nullptr;
  const auto bias = args.optionalF32(4, n);
  if (form.batchB == 1 && !form.transposeA) {
    form.m *= form.batchA;  // every row of every a meets the same b: one tall product
    form.batchA = 1;
  }
  const Prepared& p = preparedFor(form);
  const size_t work = (p.scratchpad.get_size() + 63) / 64 * 64;
  char* base = static_cast<char*>(scratch(work + bytesFor(a) + bytesFor(b)));
  std::unordered_map<int, memory> operands{
      {DNNL_ARG_SCRATCHPAD, memory(p.scratchpad, cpuEngine(), base)},
      {DNNL_ARG_SRC, memory(p.a, cpuEngine(), roundedInto(a, base + work))},
      {DNNL_ARG_WEIGHTS, memory(p.b, cpuEngine(), roundedInto(b, base + work + bytesFor(a)))},
      {DNNL_ARG_DST, memory(p.y, cpuEngine(), y.bf16 != nullptr ? static_cast<void*>(y.bf16) : y.f32)}};
  if (bias) operands.emplace(DNNL_ARG_BIAS, memory(p.bias, cpuEngine(), bias.data));
  std::optional<SignalsHeld> held;
  if (p.usesStackFreely) held.emplace();
  p.primitive.execute(cpuStream(), operands);
  cpuStream().wait();
  return args.info().Env().Undefined();
}

}  // namespace

void bindMatMulBf16(Napi::Object& exports) { bind(exports, "matMulBf16", matMulBf16); }

}  // namespace fgkd
