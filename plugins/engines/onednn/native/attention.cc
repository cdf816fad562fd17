// Self-attention and its gradient, cut into heads of images that the threads share; no whole map of a head is kept.
#include <cmath>

#include "bf16.h"
#include "bindings.h"
#include "engine.h"
#include "parallel.h"

namespace fgkd {
namespace {

/** With fewer heads of images than this, the queries of each are cut, but not into fewer than so many. */
constexpr size_t kFewHeads = 8, kLeastQueries = 96;

/** Packed tokens: queries, keys and values, each head after head, as [batch, tokens, 3, heads, channels of a head]. */
struct Packed {
  size_t batch, tokens, channels, heads;

  static Packed read(const Args& args, size_t i) {
    Packed made{args.count(i), args.count(i + 1), args.count(i + 2), args.count(i + 3)};
    if (made.batch == 0 || made.tokens == 0 || made.channels == 0) fail("self-attention of no values");
    if (made.heads == 0 || made.channels % made.heads != 0) fail("channels must be a multiple of the heads");
    times({made.batch, made.tokens, made.channels, 3});
    return made;
  }
  size_t size() const { return batch * tokens * channels; }
  size_t ofHead() const { return channels / heads; }
  size_t count() const { return batch * heads; }
  /** Of a head of an image, where its first token begins among rows of `stride`. */
  size_t start(size_t index, size_t stride) const { return index / heads * tokens * stride + index % heads * ofHead(); }
  template <class Value>
  HeadOf<Value> head(const Value* packed, size_t index) const {
    const Value* q = packed + start(index, 3 * channels);
    return {q, q + channels, q + 2 * channels, tokens, ofHead(), 3 * channels, float(1 / std::sqrt(double(ofHead())))};
  }
  /** Parts of the queries of each head: a function of the sizes alone, since the sums over queries are cut with them. */
  size_t parts() const {
    const size_t wanted = (kFewHeads + count() - 1) / count();
    return std::max<size_t>(1, std::min(wanted, tokens / kLeastQueries));
  }
  size_t firstOf(size_t part) const { return tokens * part / parts(); }
};

/** Calls `body(head of an image, part of its queries, memory)` for all of them. */
template <class Body>
void eachPart(const Packed& p, float* memory, size_t ofThread, const Body& body) {
  const size_t parts = p.parts();
  parallelItems(p.count() * parts, p.tokens / parts * p.tokens * p.ofHead(), [&](size_t i) {
    body(i / parts, i % parts, memory + ofThread * size_t(omp_get_thread_num()));
  });
}

/** As `eachPart`, with memory of so many floats for each thread: the bytes that all of it is. */
template <class Body>
Napi::Value withMemory(const Args& args, const Packed& p, size_t ofThread, const Body& body) {
  const size_t bytes = ofThread * size_t(omp_get_max_threads()) * sizeof(float);
  eachPart(p, static_cast<float*>(scratch(bytes)), ofThread, body);
  return Napi::Number::New(args.info().Env(), double(bytes));
}

Napi::Value attentionOfBf16(const Args& args, const Packed& p) {
  auto packed = args.array<uint16_t>(0, 3 * p.size()), y = args.array<uint16_t>(1, p.size());
  const size_t ofThread = loops().attentionMemoryOfBf16(p.head(packed.data, 0), false);
  return withMemory(args, p, ofThread, [&](size_t index, size_t part, float* memory) {
    loops().attendOfBf16(p.head(packed.data, index), p.firstOf(part), p.firstOf(part + 1),
                         y.data + p.start(index, p.channels), p.channels, memory);
  });
}

/** `selfAttention(packed, y, batch, tokens, channels, heads)`, both of floats or of bf16: bytes that it took to work. */
Napi::Value selfAttention(const Args& args) {
  const auto p = Packed::read(args, 2);
  if (args.is<uint16_t>(0)) return attentionOfBf16(args, p);
  auto packed = args.f32(0, 3 * p.size()), y = args.f32(1, p.size());
  const size_t ofThread = loops().attentionMemory(p.head(packed.data, 0), false);
  return withMemory(args, p, ofThread, [&](size_t index, size_t part, float* memory) {
    loops().attend(p.head(packed.data, index), p.firstOf(part), p.firstOf(part + 1),
                   y.data + p.start(index, p.channels), p.channels, memory);
  });
}

/** Adds what the later parts of the queries made of the gradients of keys and values, in their order. */
void addParts(const Packed& p, const float* copies, float* dPacked) {
  const size_t rows = p.tokens * p.count(), parts = p.parts(), d = p.ofHead();
  parallelRanges(rows, 2 * d * parts, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      float* to = dPacked + p.start(row / p.tokens, 3 * p.channels) + row % p.tokens * 3 * p.channels;
      for (size_t part = 1; part < parts; ++part)
        for (size_t of : {1, 2}) {
          float* sum = to + of * p.channels;
          const float* copy = copies + (((part - 1) * rows + row) * 2 + of - 1) * d;
          loops().binary(kAdd, sum, copy, sum, d, 1, 1);
        }
    }
  });
}

/** Adds what all parts of the queries made of the gradients of keys and values, in their order, and rounds the sums. */
void keepParts(const Packed& p, float* copies, uint16_t* dPacked) {
  const size_t rows = p.tokens * p.count(), parts = p.parts(), d = p.ofHead();
  parallelRanges(rows, 2 * d * parts, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      float* sums = copies + row * 2 * d;
      for (size_t part = 1; part < parts; ++part)
        loops().binary(kAdd, sums, copies + (part * rows + row) * 2 * d, sums, 2 * d, 1, 1);
      uint16_t* to = dPacked + p.start(row / p.tokens, 3 * p.channels) + row % p.tokens * 3 * p.channels;
      for (size_t of : {1, 2}) loops().round(sums + (of - 1) * d, to + of * p.channels, d);
    }
  });
}

Napi::Value gradOfBf16(const Args& args, const Packed& p) {
  auto dy = args.array<uint16_t>(0, p.size()), packed = args.array<uint16_t>(1, 3 * p.size()),
       dPacked = args.array<uint16_t>(2, 3 * p.size());
  const size_t ofThread = loops().attentionMemoryOfBf16(p.head(packed.data, 0), true);
  const size_t ofHead = 2 * p.tokens * p.ofHead(), copied = p.parts() > 1 ? p.parts() * p.count() * ofHead : 0;
  const size_t bytes = (ofThread * size_t(omp_get_max_threads()) + copied) * sizeof(float);
  float* memory = static_cast<float*>(scratch(bytes));
  float* copies = memory + ofThread * size_t(omp_get_max_threads());
  eachPart(p, memory, ofThread, [&](size_t index, size_t part, float* own) {
    uint16_t* to = dPacked.data + p.start(index, 3 * p.channels);
    float* sums = copied > 0 ? copies + (part * p.count() + index) * ofHead : nullptr;
    loops().attendGradOfBf16(p.head(packed.data, index), p.firstOf(part), p.firstOf(part + 1),
                             dy.data + p.start(index, p.channels), p.channels,
                             {to, to + p.channels, to + 2 * p.channels, 3 * p.channels, sums}, own);
  });
  if (copied > 0) keepParts(p, copies, dPacked.data);
  return Napi::Number::New(args.info().Env(), double(bytes));
}

/** `selfAttentionGrad(dy, packed, dPacked, batch, tokens, channels, heads)`, all of floats or of bf16: as `selfAttention`. */
Napi::Value selfAttentionGrad(const Args& args) {
  const auto p = Packed::read(args, 3);
  if (args.is<uint16_t>(1)) return gradOfBf16(args, p);
  auto dy = args.f32(0, p.size()), packed = args.f32(1, 3 * p.size()), dPacked = args.f32(2, 3 * p.size());
  const size_t ofThread = loops().attentionMemory(p.head(packed.data, 0), true), d = p.ofHead();
  const size_t ofPart = 2 * p.tokens * p.count() * d, copied = (p.parts() - 1) * ofPart;
  const size_t bytes = (ofThread * size_t(omp_get_max_threads()) + copied) * sizeof(float);
  float* memory = static_cast<float*>(scratch(bytes));
  float* copies = memory + ofThread * size_t(omp_get_max_threads());
  eachPart(p, memory, ofThread, [&](size_t index, size_t part, float* own) {
    float* to = dPacked.data + p.start(index, 3 * p.channels);
    AttentionGrad grad{to, to + p.channels, to + 2 * p.channels, 3 * p.channels, 3 * p.channels};
    if (part > 0) {
      grad.dk = copies + (part - 1) * ofPart + index * p.tokens * 2 * d;
      grad.dv = grad.dk + d;
      grad.stride = 2 * d;
    }
    loops().attendGrad(p.head(packed.data, index), p.firstOf(part), p.firstOf(part + 1),
                       dy.data + p.start(index, p.channels), p.channels, grad, own);
  });
  if (copied > 0) addParts(p, copies, dPacked.data);
  return Napi::Number::New(args.info().Env(), double(bytes));
}

}  // namespace

void bindAttention(Napi::Object& exports) {
  bind(exports, "selfAttention", selfAttention);
  bind(exports, "selfAttentionGrad", selfAttentionGrad);
}

}  // namespace fgkd
