// How native functions become JavaScript functions: every C++ exception becomes a JavaScript error.
#pragma once
#include <napi.h>

#include <dnnl.hpp>
#include <new>

#include "args.h"

namespace fgkd {

using Native = Napi::Value (*)(const Args&);

template <Native function>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  try {
    return function(Args(info));
  } catch (const Napi::Error&) {
    throw;
  } catch (const dnnl::error& error) {
    throw Napi::Error::New(info.Env(), std::string("oneDNN: ") + error.what());
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(info.Env(), "out of memory");
  } catch (const std::exception& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
}

template <Native function>
void bindNative(Napi::Object& exports, const char* name) {
  exports.Set(name, Napi::Function::New<guarded<function>>(exports.Env(), name));
}
#define bind(exports, name, function) bindNative<function>(exports, name)

void bindMemory(Napi::Object& exports);
void bindConvolutions(Napi::Object& exports);
void bindDepthwise(Napi::Object& exports);
void bindMatMul(Napi::Object& exports);
void bindBf16(Napi::Object& exports);
void bindMatMulBf16(Napi::Object& exports);
void bindElementwise(Napi::Object& exports);
void bindAttention(Napi::Object& exports);
void bindReductions(Napi::Object& exports);
void bindPooling(Napi::Object& exports);
void bindNormalisation(Napi::Object& exports);
void bindLayerNorm(Napi::Object& exports);
void bindLayout(Napi::Object& exports);
void bindResample(Napi::Object& exports);
void bindResize(Napi::Object& exports);

}  // namespace fgkd
