#include "engine.h"

#include <cstdlib>
#include <new>
#ifdef __linux__
#include <sys/mman.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace fgkd {

const dnnl::engine& cpuEngine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& cpuStream() {
  static dnnl::stream stream(cpuEngine());
  return stream;
}

namespace {
constexpr size_t kHugePage = size_t{2} << 20;
void* scratchData = nullptr;
size_t scratchBytes = 0;
}  // namespace

void returnMemoryToSystem() {
#ifdef __GLIBC__
  // Left to itself glibc raises both to the size of what was freed, up to 32 MiB: buffers of that size then come from a
  // heap that fragments, and a process grows without end although it frees all it takes.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
#endif
}

void* allocateAligned(size_t bytes) {
  size_t alignment = bytes >= 2 * kHugePage ? kHugePage : 64;
  void* data = nullptr;
  if (posix_memalign(&data, alignment, (bytes + 63) / 64 * 64) != 0) return nullptr;
#ifdef __linux__
  // Page faults of fresh 25 MB outputs cost as much as the operation that fills them. Only whole huge pages are asked
  // for, so that no block grows beyond its size.
  if (alignment == kHugePage) madvise(data, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  return data;
}

void freeAligned(void* data) { std::free(data); }

void* scratch(size_t bytes) {
  if (bytes > scratchBytes) {
    releaseScratch();
    scratchData = allocateAligned(bytes);
    if (scratchData == nullptr) throw std::bad_alloc();
    scratchBytes = bytes;
  }
  return scratchData;
}

void releaseScratch() {
  freeAligned(scratchData);
  scratchData = nullptr;
  scratchBytes = 0;
}

SignalsHeld::SignalsHeld() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
#pragma omp parallel
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

SignalsHeld::~SignalsHeld() {
  // Threads may have ended and others begun in between: these began with the mask of the one that called.
#pragma omp parallel
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::string version() {
  const dnnl_version_t* v = dnnl_version();
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

std::string instructionSet() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41: return "sse4.1";
    case dnnl::cpu_isa::avx: return "avx";
    case dnnl::cpu_isa::avx2: return "avx2";
    case dnnl::cpu_isa::avx2_vnni: return "avx2_vnni";
    case dnnl::cpu_isa::avx512_core: return "avx512_core";
    case dnnl::cpu_isa::avx512_core_vnni: return "avx512_core_vnni";
    case dnnl::cpu_isa::avx512_core_bf16: return "avx512_core_bf16";
    case dnnl::cpu_isa::avx512_core_amx: return "avx512_core_amx";
    default: return "other";
  }
}

}  // namespace fgkd
