// The addon's entry: memory that JavaScript sees as array buffers, threads, and the kernels of the other files.
#include <omp.h>

#include "bindings.h"
#include "engine.h"
#include "loops.h"

namespace fgkd {
namespace {

/** Counts the changes of what functions take and give; JavaScript refuses a binary that was built for another. */
constexpr int kContract = 6;

/** Node fails hard, and frees twice, where a buffer has more. */
constexpr size_t kMostBytes = 0xffffffff;

/** `allocate(bytes)`: an ArrayBuffer over aligned memory, freed when it is released or collected. */
Napi::Value allocate(const Args& args) {
  size_t bytes = args.count(0);
  if (bytes > kMostBytes) fail("a tensor has 4 GiB at most, " + std::to_string(bytes) + " bytes were asked for");
  void* data = allocateAligned(bytes);
  if (data == nullptr) throw std::bad_alloc();
  return Napi::ArrayBuffer::New(args.info().Env(), data, bytes, [](Napi::Env, void* dead) { freeAligned(dead); });
}

/** `release(buffer)`: detaches the buffer, so that its memory is freed now and not at the next collection. */
Napi::Value release(const Args& args) {
  if (!args.info()[0].IsArrayBuffer()) fail("argument 0 must be an ArrayBuffer");
  auto buffer = args.info()[0].As<Napi::ArrayBuffer>();
  if (!buffer.IsDetached()) buffer.Detach();
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
  exports.Set("contract", double(kContract));
  bindMemory(exports);
  bindConvolutions(exports);
  bindDepthwise(exports);
  bindMatMul(exports);
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
