// Chooses the loops for this machine, once.
#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

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
namespace avx512_bf16 {
void fillAttentionOfBf16(Loops& loops);
}
#endif

namespace {

enum Level { kBaseline, kAvx2, kAvx512, kAvx512Bf16 };

/** The highest level that `FGKD_MAX_CPU_ISA` allows: for trying on one machine what others run. */
Level highestAllowed() {
  const char* asked = std::getenv("FGKD_MAX_CPU_ISA");
  if (asked == nullptr || *asked == 0) return kAvx512Bf16;
  const std::string name = asked;
  if (name == "avx512_bf16") return kAvx512Bf16;
  if (name == "avx512") return kAvx512;
  if (name == "avx2") return kAvx2;
  if (name == "baseline") return kBaseline;
  throw std::invalid_argument("FGKD_MAX_CPU_ISA is \"" + name + "\", must be baseline, avx2, avx512 or avx512_bf16");
}

Level highestHere() {
#ifdef FGKD_X86_LEVELS
  __builtin_cpu_init();
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512cd");
  if (wide) return __builtin_cpu_supports("avx512bf16") ? kAvx512Bf16 : kAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) return kAvx2;
#endif
  return kBaseline;
}

#ifdef FGKD_X86_LEVELS
/** Those of AVX-512, but for the few that are compiled for its units of bf16, too. */
Loops tableWithBf16Units() {
  Loops made = avx512::table();
  made.name = "avx512_bf16";
  avx512_bf16::fillAttentionOfBf16(made);
  return made;
}
#endif

}  // namespace

const Loops& loops() {
  static const Loops chosen = [] {
    const Level level = std::min(highestAllowed(), highestHere());
#ifdef FGKD_X86_LEVELS
    if (level == kAvx512Bf16) return tableWithBf16Units();
    if (level == kAvx512) return avx512::table();
    if (level == kAvx2) return avx2::table();
#endif
    (void)level;
    return baseline::table();
  }();
  return chosen;
}

}  // namespace fgkd
