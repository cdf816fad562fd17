#include "pointwise.h"

#include <cstring>

#include "parallel.h"

namespace fgkd {

bool Pointwise::fits(const ConvShape& s) {
  return s.kh == 1 && s.kw == 1 && s.groups == 1 && s.pt == 0 && s.pb == 0 && s.pl == 0 && s.pr == 0 &&
         !s.inputBlocked && !s.outputBlocked && !s.bf16;
}

/** The pixels of the input that the filter meets, one a line. */
Matrix Pointwise::inputPixels(float* input) const {
  const auto& s = shape_;
  const size_t pixel = s.c, row = size_t(s.w) * s.c, image = size_t(s.h) * row;
  if (s.sh == 1 && s.sw == 1) return {input, pixel};
  return {input, s.sw * pixel, false, size_t(s.ow), size_t(s.oh), s.sh * row, image};
}

void Pointwise::run(const ConvOperands& o) const {
  float *input = static_cast<float*>(o.input), *filter = o.filter, *output = static_cast<float*>(o.output);
  const auto& s = shape_;
  const size_t pixels = size_t(s.n) * s.oh * s.ow, c = s.c, k = s.k;
  Matrix x = inputPixels(input);
  const Matrix y{output, k};
  switch (ConvKind(s.kind)) {
    case ConvKind::kForward: {
      const Activation last = o.residual != nullptr ? Activation::kRelu : Activation(s.activation);
      return multiply({pixels, k, c, x, {filter, k}, y, {o.bias, int(last), o.residual}});
    }
    case ConvKind::kInputGradient: {
      if (x.width != 0)
        parallelRanges(s.inputSize(), 1, [&](size_t begin, size_t end) {
          std::memset(input + begin, 0, (end - begin) * sizeof(float));
        });
      return multiply({pixels, c, k, y, {filter, k, true}, x, {}});
    }
    case ConvKind::kFilterGradient:
      x.transposed = true;
      return multiply({c, k, pixels, x, y, {filter, k}, {}});
  }
}

}  // namespace fgkd
