// Between floats and bf16, whole tensors at a time.
#include "bf16.h"

#include <cstring>
#include <dnnl.hpp>

#include "bindings.h"
#include "parallel.h"

namespace fgkd {

bool hasBf16Units() {
  // Held down to older instructions, the engine computes as machines that have no more.
  static const bool has = dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_bf16 &&
                          std::strcmp(loops().name, "avx512_bf16") == 0;
  return has;
}

bool hasBf16Tiles() {
  return hasBf16Units() && dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_amx;
}

namespace {

/** `roundToBf16(x, y)`: to the nearest, of two alike the even one; y is bf16, or floats that a bf16 could hold. */
Napi::Value roundToBf16(const Args& args) {
  auto x = args.array<float>(0);
  auto y = Stored::read(args, 1, x.size);
  parallelRanges(x.size, 1, [&](size_t begin, size_t end) {
    if (y.bf16 != nullptr) loops().round(x.data + begin, y.bf16 + begin, end - begin);
    else loops().roundInPlace(x.data + begin, y.f32 + begin, end - begin);
  });
  return args.info().Env().Undefined();
}

/** `widenBf16(x, y)` */
Napi::Value widenBf16(const Args& args) {
  auto x = args.array<uint16_t>(0);
  auto y = args.f32(1, x.size);
  parallelRanges(x.size, 1, [&](size_t begin, size_t end) { loops().widen(x.data + begin, y.data + begin, end - begin); });
  return args.info().Env().Undefined();
}

}  // namespace

void bindBf16(Napi::Object& exports) {
  bind(exports, "roundToBf16", roundToBf16);
  bind(exports, "widenBf16", widenBf16);
}

}  // namespace fgkd
