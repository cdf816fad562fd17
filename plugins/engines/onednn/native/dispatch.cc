// Chooses the loops for this machine, once.
#include "loops.h"

namespace fgkd {

namespace baseline {
Loops table();
}
#ifdef FGKD_X86_LEVELS
namespace avx2 {
Loops table();
}
namespace avx512 {
Loops table();
}
#endif

const Loops& loops() {
  static const Loops chosen = [] {
#ifdef FGKD_X86_LEVELS
    __builtin_cpu_init();
    bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512cd");
    if (wide) return avx512::table();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
      return avx2::table();
#endif
    return baseline::table();
  }();
  return chosen;
}

}  // namespace fgkd
