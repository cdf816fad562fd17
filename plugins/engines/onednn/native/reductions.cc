// Reductions over one group of axes of [outer, n, inner], softmax over rows, and the position of the greatest.
#include <limits>

#include "bf16.h"
#include "bindings.h"
#include "loops.h"
#include "parallel.h"

namespace fgkd {
namespace {

enum Reduction { kSum = 0, kMean = 1, kMax = 2, kMin = 3 };

/** Rows per partial sum. A function of the sizes alone, so that the cut is the same whatever the threads. */
size_t rowsPerPart(size_t rows, size_t columns) {
  size_t wanted = std::max<size_t>(64, (1 << 16) / std::max<size_t>(columns, 1));
  return std::max(wanted, (rows + 63) / 64);
}

/** y[c] = Σ_r x[r, c], as partial sums of blocks of rows that are then added in order. */
void sumRows(const Stored& x, float* y, size_t rows, size_t columns, double factor) {
  size_t block = rowsPerPart(rows, columns), parts = (rows + block - 1) / block;
  std::vector<float> partial(parts * columns, 0.f);
  parallelItems(parts, block * columns, [&](size_t part) {
    size_t first = part * block, count = std::min(block, rows - first);
    inParts(x.bf16, count, columns, [&](size_t row, size_t many) {
      const size_t n = many * columns;
      loops().addRows(x.floats((first + row) * columns, n, x.room(0, n)), many, columns, columns,
                      partial.data() + part * columns);
    });
  });
  for (size_t c = 0; c < columns; ++c) {
    double total = 0;
    for (size_t part = 0; part < parts; ++part) total += partial[part * columns + c];
    y[c] = float(total * factor);
  }
}

/** Σ of one long row: blocks in parallel, then in order. */
double sumLong(const float* x, size_t n) {
  constexpr size_t kBlock = 1 << 15;
  size_t parts = (n + kBlock - 1) / kBlock;
  std::vector<double> partial(parts);
  parallelItems(parts, kBlock, [&](size_t part) {
    partial[part] = loops().sum(x + part * kBlock, std::min(kBlock, n - part * kBlock));
  });
  double total = 0;
  for (double part : partial) total += part;
  return total;
}

void sums(const float* x, float* y, size_t outer, size_t n, size_t inner, double factor) {
  if (inner == 1) {
    if (outer == 1) {
      y[0] = float(sumLong(x, n) * factor);
      return;
    }
    parallelRanges(outer, n, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) y[i] = float(loops().sum(x + i * n, n) * factor);
    });
    return;
  }
  if (outer == 1) return sumRows({const_cast<float*>(x), nullptr, n * inner}, y, n, inner, factor);
  parallelRanges(outer, n * inner, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      float* out = y + i * inner;
      std::fill(out, out + inner, 0.f);
      loops().addRows(x + i * n * inner, n, inner, inner, out);
      if (factor != 1.0)
        for (size_t c = 0; c < inner; ++c) out[c] = float(out[c] * factor);
    }
  });
}

void extremes(const float* x, float* y, size_t outer, size_t n, size_t inner, bool greatest) {
  parallelRanges(outer, n * inner, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float* in = x + i * n * inner;
      if (inner == 1) {
        y[i] = greatest ? loops().max(in, n) : loops().min(in, n);
        continue;
      }
      float* out = y + i * inner;
      std::copy(in, in + inner, out);
      (greatest ? loops().maxRows : loops().minRows)(in + inner, n - 1, inner, inner, out);
    }
  });
}

/** `reduce(kind, x, y, outer, n, inner)` */
Napi::Value reduce(const Args& args) {
  int kind = args.integer(0);
  size_t outer = args.count(3), n = args.count(4), inner = args.count(5);
  auto x = args.f32(1, times({outer, n, inner})), y = args.f32(2, times({outer, inner}));
  if (n == 0) fail("reduction over no values");
  if (kind == kSum || kind == kMean) {
    sums(x.data, y.data, outer, n, inner, kind == kMean ? 1.0 / double(n) : 1.0);
  } else if (kind == kMax || kind == kMin) {
    extremes(x.data, y.data, outer, n, inner, kind == kMax);
  } else {
    fail("unknown reduction");
  }
  return args.info().Env().Undefined();
}

/** `sumRows(x, y, rows, columns)`: the sum of each column. */
Napi::Value sumColumns(const Args& args) {
  const size_t rows = args.count(2), columns = args.count(3);
  const auto x = Stored::read(args, 0, times({rows, columns}));
  auto y = args.f32(1, columns);
  if (rows == 0 || columns == 0) fail("a sum of no values");
  sumRows(x, y.data, rows, columns, 1.0);
  return args.info().Env().Undefined();
}

/** `argExtreme(greatest, x, y, outer, n, inner)`: the first position of the greatest (or least). */
Napi::Value argExtreme(const Args& args) {
  bool greatest = args.flag(0);
  size_t outer = args.count(3), n = args.count(4), inner = args.count(5);
  auto x = args.f32(1, times({outer, n, inner}));
  auto y = args.array<int32_t>(2, times({outer, inner}));
  if (n == 0) fail("reduction over no values");
  parallelRanges(outer, n * inner, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      for (size_t c = 0; c < inner; ++c) {
        const float* in = x.data + i * n * inner + c;
        size_t at = 0;
        for (size_t k = 1; k < n; ++k) {
          float value = in[k * inner], best = in[at * inner];
          if (greatest ? value > best : value < best) at = k;
        }
        y[i * inner + c] = int32_t(at);
      }
    }
  });
  return args.info().Env().Undefined();
}

/** `softmax(x, y, rows, columns, log)` */
Napi::Value softmax(const Args& args) {
  size_t rows = args.count(2), columns = args.count(3);
  size_t count = times({rows, columns});
  auto x = args.f32(0, count), y = args.f32(1, count);
  bool log = args.flag(4);
  if (columns == 0) return args.info().Env().Undefined();
  parallelRanges(rows, columns * 4, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) loops().softmax(x.data + r * columns, y.data + r * columns, columns, log);
  });
  return args.info().Env().Undefined();
}

/** `softmaxGrad(dy, y, dx, rows, columns, log)` */
Napi::Value softmaxGrad(const Args& args) {
  size_t rows = args.count(3), columns = args.count(4);
  size_t count = times({rows, columns});
  auto dy = args.f32(0, count), y = args.f32(1, count), dx = args.f32(2, count);
  bool log = args.flag(5);
  parallelRanges(rows, columns * 4, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r)
      loops().softmaxGrad(dy.data + r * columns, y.data + r * columns, dx.data + r * columns, columns, log);
  });
  return args.info().Env().Undefined();
}

}  // namespace

void bindReductions(Napi::Object& exports) {
  bind(exports, "reduce", reduce);
  bind(exports, "sumRows", sumColumns);
  bind(exports, "argExtreme", argExtreme);
  bind(exports, "softmax", softmax);
  bind(exports, "softmaxGrad", softmaxGrad);
}

}  // namespace fgkd
