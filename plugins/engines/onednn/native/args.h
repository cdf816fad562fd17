// Reads the arguments of one call from JavaScript, and refuses what native code could not survive.
#pragma once
#include <napi.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

namespace fgkd {

template <class T>
struct Span {
  T* data = nullptr;
  size_t size = 0;
  explicit operator bool() const { return data != nullptr; }
  T& operator[](size_t i) const { return data[i]; }
};

[[noreturn]] inline void fail(const std::string& message) { throw std::invalid_argument(message); }

/** Of the elements of a tensor, and of a single size of images: far more than fits a machine, far less than wraps around. */
constexpr size_t kMostElements = size_t{1} << 40;
constexpr int32_t kMostOfAxis = 1 << 24;

/** The product of sizes; one that could wrap around, and so agree with a small array by chance, is refused. */
inline size_t times(std::initializer_list<size_t> sizes) {
  size_t total = 1;
  bool empty = false;
  for (size_t size : sizes) {
    empty = empty || size == 0;
    if (size > 0 && total > kMostElements / size) fail("the sizes are too large");
    if (size > 0) total *= size;
  }
  return empty ? 0 : total;
}

template <class T>
struct ArrayType;
template <>
struct ArrayType<float> {
  static constexpr napi_typedarray_type value = napi_float32_array;
  static constexpr const char* name = "Float32Array";
};
template <>
struct ArrayType<int32_t> {
  static constexpr napi_typedarray_type value = napi_int32_array;
  static constexpr const char* name = "Int32Array";
};
template <>
struct ArrayType<uint16_t> {
  static constexpr napi_typedarray_type value = napi_uint16_array;
  static constexpr const char* name = "Uint16Array";
};
template <>
struct ArrayType<uint8_t> {
  static constexpr napi_typedarray_type value = napi_uint8_array;
  static constexpr const char* name = "Uint8Array";
};

/** Any of the three element types that tensors have: what copying kernels need to know. */
struct Bytes {
  uint8_t* data;
  size_t size;     // elements
  size_t element;  // bytes of one
};

class Args {
 public:
  explicit Args(const Napi::CallbackInfo& info) : info_(info) {}

  /** The typed array at `i`. A detached buffer has length 0 and so fails the check of its length. */
  template <class T>
  Span<T> array(size_t i) const {
    if (!info_[i].IsTypedArray()) fail("argument " + std::to_string(i) + " must be a " + ArrayType<T>::name);
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(info_.Env(), info_[i], &type, &length, &data, nullptr, nullptr) != napi_ok)
      fail("argument " + std::to_string(i) + " is not readable");
    if (type != ArrayType<T>::value) fail("argument " + std::to_string(i) + " must be a " + ArrayType<T>::name);
    return {static_cast<T*>(data), length};
  }
  template <class T>
  Span<T> array(size_t i, size_t length) const {
    auto span = array<T>(i);
    if (span.size != length)
      fail("argument " + std::to_string(i) + " holds " + std::to_string(span.size) + " values, " +
           std::to_string(length) + " expected");
    return span;
  }
  /** Whether the argument is a typed array of this type. */
  template <class T>
  bool is(size_t i) const {
    return info_[i].IsTypedArray() && info_[i].As<Napi::TypedArray>().TypedArrayType() == ArrayType<T>::value;
  }
  /** The sizes, strides and paddings of images in one piece, each small enough that sums of some fit an int. */
  Span<int32_t> fields(size_t i, size_t length) const {
    auto span = array<int32_t>(i, length);
    for (size_t k = 0; k < length; ++k)
      if (span[k] > kMostOfAxis || span[k] < -kMostOfAxis)
        fail("argument " + std::to_string(i) + " has a size of " + std::to_string(span[k]));
    return span;
  }
  Span<float> f32(size_t i, size_t length) const { return array<float>(i, length); }
  /** As `f32`, but null and undefined give an empty span. */
  Span<float> optionalF32(size_t i, size_t length) const {
    if (i >= info_.Length() || info_[i].IsNull() || info_[i].IsUndefined()) return {};
    return f32(i, length);
  }
  Bytes bytes(size_t i) const {
    if (!info_[i].IsTypedArray()) fail("argument " + std::to_string(i) + " must be a typed array");
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(info_.Env(), info_[i], &type, &length, &data, nullptr, nullptr) != napi_ok)
      fail("argument " + std::to_string(i) + " is not readable");
    size_t element = type == napi_uint8_array ? 1 : type == napi_float32_array || type == napi_int32_array ? 4 : 0;
    if (element == 0) fail("argument " + std::to_string(i) + " has an element type that no tensor has");
    return {static_cast<uint8_t*>(data), length, element};
  }
  /** A shape: none of its sizes may be negative. */
  std::vector<int64_t> shape(size_t i) const {
    auto span = array<int32_t>(i);
    for (size_t k = 0; k < span.size; ++k)
      if (span[k] < 0) fail("argument " + std::to_string(i) + " is a shape with a negative size");
    return std::vector<int64_t>(span.data, span.data + span.size);
  }
  double number(size_t i) const {
    if (!info_[i].IsNumber()) fail("argument " + std::to_string(i) + " must be a number");
    return info_[i].As<Napi::Number>().DoubleValue();
  }
  int32_t integer(size_t i) const {
    if (!info_[i].IsNumber()) fail("argument " + std::to_string(i) + " must be a number");
    return info_[i].As<Napi::Number>().Int32Value();
  }
  size_t count(size_t i) const {
    double value = number(i);
    if (!(value >= 0 && value <= double(kMostElements)))
      fail("argument " + std::to_string(i) + " must be a size, received " + std::to_string(value));
    return static_cast<size_t>(value);
  }
  bool flag(size_t i) const { return info_[i].ToBoolean(); }
  bool missing(size_t i) const { return i >= info_.Length() || info_[i].IsNull() || info_[i].IsUndefined(); }
  const Napi::CallbackInfo& info() const { return info_; }

 private:
  const Napi::CallbackInfo& info_;
};

inline size_t product(const std::vector<int64_t>& shape) {
  size_t total = 1;
  for (auto size : shape) total = times({total, std::max<size_t>(1, static_cast<size_t>(size))});
  return std::find(shape.begin(), shape.end(), 0) == shape.end() ? total : 0;
}

}  // namespace fgkd
