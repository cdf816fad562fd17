// The one oneDNN engine and stream, and the scratch memory that all primitives share.
#pragma once
#include <dnnl.hpp>
#include <signal.h>

#include <string>

namespace fgkd {

const dnnl::engine& cpuEngine();
dnnl::stream& cpuStream();

/**
 * Scratch memory of at least `bytes`, 64-byte aligned, shared by all primitives: calls come from one thread, one after
 * the other. It only grows, to the need of the hungriest primitive; `releaseScratch` frees it.
 */
void* scratch(size_t bytes);
void releaseScratch();

/**
 * While one exists, no signal interrupts the calling thread or the OpenMP threads that work for it; what comes waits. The
 * matrix products that oneDNN 2.6's convolutions by `gemm:jit` call on several threads keep values where a signal's handler
 * puts its own, so that a terminal's new size or a Ctrl-C would change results or end the process.
 */
class SignalsHeld {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_;
};

/** "2.6.3". */
std::string version();
/** The instruction set that oneDNN dispatches to, for example "avx512_core". */
std::string instructionSet();

/** Makes the allocator of this process give what is freed back to the system, in pieces of a mebibyte and more. */
void returnMemoryToSystem();

/** 64-byte aligned host memory; on Linux large blocks ask for huge pages. Null when there is none left. */
void* allocateAligned(size_t bytes);
void freeAligned(void* data);

}  // namespace fgkd
