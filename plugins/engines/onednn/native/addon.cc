// The addon's entry: memory that JavaScript sees as array buffers, threads, and the kernels of the other files.
#include <omp.h>

#include <mutex>
#include <unordered_map>

#include "bf16.h"
#include "bindings.h"
#include "engine.h"
#include "loops.h"

namespace fgkd {
namespace {

/** Counts the changes of what functions take and give; JavaScript refuses a binary that was built for another. */
constexpr int kContract = 13;

/** Node fails hard, and frees twice, where a buffer has more. */
constexpr size_t kMostBytes = 0xffffffff;

/** Memory behind an ArrayBuffer; `data` is null once it has been released. */
struct Block {
  void* data;
};

/** By where they begin: the blocks that are not released. Addons may be loaded by several threads. */
std::mutex blocksMutex;
std::unordered_map<void*, Block*> blocks;

void freeBlock(Block& block) {
  std::lock_guard<std::mutex> lock(blocksMutex);
  if (block.data == nullptr) return;
  blocks.erase(block.data);
  freeAligned(block.data);
  block.data = nullptr;
}

/** `allocate(bytes)`: an ArrayBuffer over aligned memory, freed when it is released or collected. */
Napi::Value allocate(const Args& args) {
  size_t bytes = args.count(0);
  if (bytes > kMostBytes) fail("a tensor has 4 GiB at most, " + std::to_string(bytes) + " bytes were asked for");
  void* data = allocateAligned(bytes);
  if (data == nullptr) throw std::bad_alloc();
  auto* block = new Block{data};
  {
    std::lock_guard<std::mutex> lock(blocksMutex);
    blocks[data] = block;
  }
  auto forget = [](Napi::Env, void*, Block* block) {
    freeBlock(*block);
    delete block;
  };
  return Napi::ArrayBuffer::New(args.info().Env(), data, bytes, forget, block);
}

/**
 * `release(buffer)`: detaches the buffer and frees its memory now. Left to Node, that would wait for the event loop's
 * next turn, and a training step has none.
 */
Napi::Value release(const Args& args) {
  if (!args.info()[0].IsArrayBuffer()) fail("argument 0 must be an ArrayBuffer");
  auto buffer = args.info()[0].As<Napi::ArrayBuffer>();
  if (buffer.IsDetached()) return args.info().Env().Undefined();
  Block* block = nullptr;
  {
    std::lock_guard<std::mutex> lock(blocksMutex);
    auto found = blocks.find(buffer.Data());
    if (found != blocks.end()) block = found->second;
  }
  buffer.Detach();
  if (block != nullptr) freeBlock(*block);
  return args.info().Env().Undefined();
}

Napi::Value setThreads(const Args& args) {
  int threads = args.integer(0);
  if (threads < 1 || threads > 1024) fail("threads must be between 1 and 1024");
  omp_set_num_threads(threads);
  return args.info().Env().Undefined();
}

Napi::Value describe(const Args& args) {
  auto env = args.info().Env();
  auto made = Napi::Object::New(env);
  made.Set("version", version());
  made.Set("instructionSet", instructionSet());
  made.Set("loops", loops().name);
  made.Set("bf16", hasBf16Tiles() ? "tiles" : hasBf16Units() ? "vectors" : "none");
  made.Set("threads", omp_get_max_threads());
  return made;
}

Napi::Value dropScratch(const Args& args) {
  releaseScratch();
  return args.info().Env().Undefined();
}

}  // namespace

void bindMemory(Napi::Object& exports) {
  bind(exports, "allocate", allocate);
  bind(exports, "release", release);
  bind(exports, "setThreads", setThreads);
  bind(exports, "describe", describe);
  bind(exports, "releaseScratch", dropScratch);
}

Napi::Object initialise(Napi::Env, Napi::Object exports) {
  returnMemoryToSystem();
  exports.Set("contract", double(kContract));
  bindMemory(exports);
  bindConvolutions(exports);
  bindDepthwise(exports);
  bindMatMul(exports);
  bindMatMulBf16(exports);
  bindAttention(exports);
  bindBf16(exports);
  bindElementwise(exports);
  bindReductions(exports);
  bindPooling(exports);
  bindNormalisation(exports);
  bindLayerNorm(exports);
  bindLayout(exports);
  bindResize(exports);
  bindResample(exports);
  return exports;
}

}  // namespace fgkd

static Napi::Object initialiseAddon(Napi::Env env, Napi::Object exports) { return fgkd::initialise(env, exports); }
NODE_API_MODULE(onednn, initialiseAddon)
