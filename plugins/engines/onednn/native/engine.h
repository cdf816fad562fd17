// The one oneDNN engine and stream, and the scratch memory that all primitives share.
#pragma once
#include <dnnl.hpp>

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
