// Pooling and bilinear resize of NHWC images, with gradients.
#include <cstring>

#include "bf16.h"
#include "bindings.h"
#include "loops.h"
#include "parallel.h"

namespace fgkd {
namespace {

template <class Shape>
Shape readShape(const Args& args, size_t i) {
  static_assert(sizeof(Shape) == Shape::kFields * sizeof(int), "fields are read in one piece");
  auto fields = args.fields(i, Shape::kFields);
  Shape shape;
  std::memcpy(&shape, fields.data, sizeof shape);
  return shape;
}

PoolShape readPool(const Args& args, size_t i) {
  auto s = readShape<PoolShape>(args, i);
  bool positive = s.n > 0 && s.h > 0 && s.w > 0 && s.c > 0 && s.kh > 0 && s.kw > 0 && s.sh > 0 && s.sw > 0 &&
                  s.dh > 0 && s.dw > 0 && s.oh > 0 && s.ow > 0;
  if (!positive) fail("pooling: every size must be positive");
  // Where windows lie is computed in ints.
  auto far = [](int64_t out, int64_t stride, int64_t size, int64_t dilation) {
    return out * stride + size * dilation > INT32_MAX / 2;
  };
  if (far(s.oh, s.sh, s.kh, s.dh) || far(s.ow, s.sw, s.kw, s.dw)) fail("pooling: windows beyond the image");
  return s;
}

size_t inputSize(const PoolShape& s) { return times({size_t(s.n), size_t(s.h), size_t(s.w), size_t(s.c)}); }
size_t outputSize(const PoolShape& s) { return times({size_t(s.n), size_t(s.oh), size_t(s.ow), size_t(s.c)}); }

/** One operand of a pooling: whether it is written, and whether it has the input's size. */
struct Image {
  Stored values;
  bool written, isInput;
};
using Rooms = std::vector<float*>;

/** Calls `body(shape, operands)` for image after image, with operands widened; what is written begins as zeros. */
template <class Body>
void eachWidened(const PoolShape& s, const std::vector<Image>& operands, const Body& body) {
  PoolShape one = s;
  one.n = 1;
  parallelItems(s.n, inputSize(one), [&](size_t image) {
    Rooms rooms;
    const auto sizeOf = [&](const Image& operand) { return operand.isInput ? inputSize(one) : outputSize(one); };
    for (const auto& operand : operands) {
      const size_t n = sizeOf(operand);
      float* room = operand.values.room(int(rooms.size()), n);
      rooms.push_back(operand.written ? operand.values.place(image * n, room)
                                      : const_cast<float*>(operand.values.floats(image * n, n, room)));
      if (operand.written) std::memset(rooms.back(), 0, n * sizeof(float));
    }
    body(one, rooms);
    for (size_t i = 0; i < operands.size(); ++i) {
      const size_t n = sizeOf(operands[i]);
      if (operands[i].written) operands[i].values.keep(image * n, n, rooms[i]);
    }
  });
}

/** Calls `body(begin, end)` for rows of output. */
template <class Body>
void eachRows(const PoolShape& s, const Body& body) {
  parallelRanges(size_t(s.n) * s.oh, size_t(s.ow) * s.c * s.kh * s.kw, body);
}

/** `pool(max, x, y, shape)` */
Napi::Value pool(const Args& args) {
  auto s = readPool(args, 3);
  const auto x = Stored::read(args, 1, inputSize(s)), y = Stored::read(args, 2, outputSize(s));
  const bool max = args.flag(0);
  if (max && x.bf16 && y.bf16) {
    eachRows(s, [&](size_t begin, size_t end) { loops().maxPoolOfBf16(s, x.bf16, y.bf16, begin, end); });
    return args.info().Env().Undefined();
  }
  auto run = max ? loops().maxPool : loops().avgPool;
  if (x.bf16 || y.bf16) {
    eachWidened(s, {{x, false, true}, {y, true, false}}, [&](const PoolShape& one, Rooms& rooms) {
      run(one, rooms[0], rooms[1], 0, size_t(one.oh));
    });
    return args.info().Env().Undefined();
  }
  eachRows(s, [&](size_t begin, size_t end) { run(s, x.f32, y.f32, begin, end); });
  return args.info().Env().Undefined();
}

/** Gradients scatter, so images and groups of channels, which never meet, are what is shared out. */
template <class Body>
void eachImage(const PoolShape& s, const Body& body) {
  constexpr size_t kChannels = 64;
  size_t groups = (s.c + kChannels - 1) / kChannels;
  if (size_t(s.n) >= 8) groups = 1;
  size_t width = groups == 1 ? s.c : kChannels;
  parallelItems(size_t(s.n) * groups, size_t(s.h) * s.w * width, [&](size_t item) {
    size_t first = item % groups * width;
    body(item / groups, first, std::min(width, s.c - first));
  });
}

void clear(Span<float> values) {
  parallelRanges(values.size, 1, [&](size_t begin, size_t end) {
    std::memset(values.data + begin, 0, (end - begin) * sizeof(float));
  });
}

/** `maxPoolGrad(dy, x, y, dx, shape)` */
Napi::Value maxPoolGrad(const Args& args) {
  auto s = readPool(args, 4);
  const auto dy = Stored::read(args, 0, outputSize(s)), x = Stored::read(args, 1, inputSize(s)),
             y = Stored::read(args, 2, outputSize(s)), dx = Stored::read(args, 3, inputSize(s));
  if (dy.bf16 || x.bf16 || y.bf16 || dx.bf16) {
    const std::vector<Image> operands = {{dy, false, false}, {x, false, true}, {y, false, false}, {dx, true, true}};
    eachWidened(s, operands, [](const PoolShape& one, Rooms& rooms) {
      loops().maxPoolGrad(one, rooms[0], rooms[1], rooms[2], rooms[3], 0, 0, size_t(one.c));
    });
    return args.info().Env().Undefined();
  }
  clear({dx.f32, dx.size});
  eachImage(s, [&](size_t image, size_t first, size_t channels) {
    loops().maxPoolGrad(s, dy.f32, x.f32, y.f32, dx.f32, image, first, channels);
  });
  return args.info().Env().Undefined();
}

/** `avgPoolGrad(dy, dx, shape)` */
Napi::Value avgPoolGrad(const Args& args) {
  auto s = readPool(args, 2);
  auto dy = args.f32(0, outputSize(s)), dx = args.f32(1, inputSize(s));
  clear(dx);
  eachImage(s, [&](size_t image, size_t first, size_t channels) {
    loops().avgPoolGrad(s, dy.data, dx.data, image, first, channels);
  });
  return args.info().Env().Undefined();
}

size_t inputSize(const ResizeShape& s) { return times({size_t(s.n), size_t(s.h), size_t(s.w), size_t(s.c)}); }
size_t outputSize(const ResizeShape& s) { return times({size_t(s.n), size_t(s.oh), size_t(s.ow), size_t(s.c)}); }

ResizeShape readResize(const Args& args, size_t i) {
  auto s = readShape<ResizeShape>(args, i);
  if (!(s.n > 0 && s.h > 0 && s.w > 0 && s.c > 0 && s.oh > 0 && s.ow > 0)) fail("resize: every size must be positive");
  return s;
}

/** `resizeBilinear(x, y, shape)` */
Napi::Value resizeBilinear(const Args& args) {
  auto s = readResize(args, 2);
  auto x = args.f32(0, inputSize(s)), y = args.f32(1, outputSize(s));
  parallelRanges(size_t(s.n) * s.oh, size_t(s.ow) * s.c * 4,
                 [&](size_t begin, size_t end) { loops().resize(s, x.data, y.data, begin, end); });
  return args.info().Env().Undefined();
}

/** `resizeBilinearGrad(dy, dx, shape)` */
Napi::Value resizeBilinearGrad(const Args& args) {
  auto s = readResize(args, 2);
  auto dy = args.f32(0, outputSize(s)), dx = args.f32(1, inputSize(s));
  clear(dx);
  parallelItems(s.n, size_t(s.oh) * s.ow * s.c * 4,
                [&](size_t image) { loops().resizeGrad(s, dy.data, dx.data, image); });
  return args.info().Env().Undefined();
}

}  // namespace

void bindPooling(Napi::Object& exports) {
  bind(exports, "pool", pool);
  bind(exports, "maxPoolGrad", maxPoolGrad);
  bind(exports, "avgPoolGrad", avgPoolGrad);
}

void bindResize(Napi::Object& exports) {
  bind(exports, "resizeBilinear", resizeBilinear);
  bind(exports, "resizeBilinearGrad", resizeBilinearGrad);
}

}  // namespace fgkd
