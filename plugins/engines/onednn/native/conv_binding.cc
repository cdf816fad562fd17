// Convolution plans for JavaScript: chosen once per shape, by a fixed rule or by a short measurement.
#include <chrono>

#include "args.h"
#include "bf16.h"
#include "bindings.h"
#include "conv.h"
#include "pointwise.h"
#include "winograd.h"

namespace fgkd {
namespace {

constexpr int kWinograd = 32, kPointwise = 48;

struct ConvPlan {
  ConvShape shape;
  std::unique_ptr<ConvMethod> chosen;
  int choice = 0;  // layout * 16 + implementation, or one of fgkd's own: what JavaScript may store
};

using PlanHandle = Napi::External<ConvPlan>;

/** All fields but the last, which is no matter of shape. */
ConvShape readShape(const Args& args, size_t i, bool bf16) {
  constexpr size_t kGiven = ConvShape::kFields - 1;
  auto fields = args.fields(i, kGiven);
  ConvShape shape;
  static_assert(sizeof(ConvShape) == ConvShape::kFields * sizeof(int), "fields are read in one piece");
  std::copy(fields.data, fields.data + kGiven, reinterpret_cast<int*>(&shape));
  shape.bf16 = bf16;
  shape.check();
  return shape;
}

ConvPlan& planOf(const Args& args, size_t i) {
  if (!args.info()[i].IsExternal()) fail("argument " + std::to_string(i) + " must be a convolution plan");
  return *args.info()[i].As<PlanHandle>().Data();
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

std::unique_ptr<ConvMethod> tryMake(const ConvShape& shape, int choice) {
  if (choice == kWinograd) return Winograd::fits(shape) ? std::make_unique<Winograd>(shape) : nullptr;
  if (choice == kPointwise) return Pointwise::fits(shape) ? std::make_unique<Pointwise>(shape) : nullptr;
  try {
    return ConvCandidate::make(shape, choice / 16 == 1, choice % 16);
  } catch (const dnnl::error&) {
    return nullptr;  // this layout has no implementation for the shape
  }
}

/**
 * The fixed rule: Winograd where it pays and is allowed, products for 1×1; else oneDNN on images as they lie, or as it
 * wants them where it has only its reference for that.
 */
void chooseFixed(ConvPlan& plan, bool direct) {
  const bool winograd = !direct && Winograd::pays(plan.shape);
  if (winograd || Pointwise::fits(plan.shape)) {
    plan.chosen = tryMake(plan.shape, plan.choice = winograd ? kWinograd : kPointwise);
    return;
  }
  plan.chosen = tryMake(plan.shape, plan.choice = 0);
  if (plan.chosen && !has(plan.chosen->describe(), "ref")) return;
  auto blocked = tryMake(plan.shape, 16);
  if (blocked && (!plan.chosen || !has(blocked->describe(), "ref"))) {
    plan.chosen = std::move(blocked);
    plan.choice = 16;
  }
  if (!plan.chosen) fail("oneDNN has no implementation for this convolution");
}

/**
 * Of images kept as bf16: oneDNN's, where the processor has units for it and more than the reference. Without tiles
 * Winograd's way in floats is faster: two products of bf16 are made in the time of one of floats, and it needs a quarter of
 * them.
 */
void chooseBf16(ConvPlan& plan, bool direct) {
  if (!direct && !hasBf16Tiles() && Winograd::pays(plan.shape)) {
    plan.chosen = tryMake(plan.shape, plan.choice = kWinograd);
    return;
  }
  if (!hasBf16Units()) return;
  auto made = tryMake(plan.shape, 0);
  if (made && !has(made->describe(), "ref")) plan.chosen = std::move(made);
}

Napi::Value handleOf(const Args& args, std::unique_ptr<ConvPlan> plan) {
  return PlanHandle::New(args.info().Env(), plan.release(), [](Napi::Env, ConvPlan* dead) { delete dead; });
}

/** `convPlanBf16(shape, direct)`; null where images kept as bf16 have to be widened first. */
Napi::Value createBf16(const Args& args) {
  auto plan = std::make_unique<ConvPlan>();
  plan->shape = readShape(args, 0, true);
  if (plan->shape.inputBlocked || plan->shape.outputBlocked) fail("images of bf16 lie as tfjs has them");
  chooseBf16(*plan, args.flag(1));
  if (!plan->chosen) return args.info().Env().Null();
  return handleOf(args, std::move(plan));
}

/** `convPlan(shape, choice, direct)` */
Napi::Value create(const Args& args) {
  auto plan = std::make_unique<ConvPlan>();
  plan->shape = readShape(args, 0, false);
  int choice = args.missing(1) ? -1 : args.integer(1);
  if (choice >= 0) {
    plan->chosen = tryMake(plan->shape, choice);
    plan->choice = choice;
  }
  if (!plan->chosen) chooseFixed(*plan, args.flag(2));
  return handleOf(args, std::move(plan));
}

ConvOperands readOperands(const Args& args, const ConvShape& shape) {
  const auto images = [&](size_t i, size_t size) -> void* {
    if (shape.bf16) return args.array<uint16_t>(i, size).data;
    return args.f32(i, size).data;
  };
  return {images(1, shape.inputSize()), args.f32(2, shape.filterSize()).data, images(3, shape.outputSize()),
          shape.bias ? args.f32(4, shape.k).data : nullptr, nullptr, nullptr};
}

double secondsOf(const ConvMethod& candidate, const ConvOperands& operands) {
  double best = 1e9;
  for (int i = 0; i < 4; ++i) {
    auto start = std::chrono::steady_clock::now();
    candidate.run(operands);
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (i > 0) best = std::min(best, took.count());
  }
  return best;
}

/** Measures every implementation on these operands and keeps the fastest; answers with its number. */
Napi::Value tune(const Args& args) {
  auto& plan = planOf(args, 0);
  auto operands = readOperands(args, plan.shape);
  double best = 1e9;
  const auto measure = [&](int choice) {
    auto candidate = tryMake(plan.shape, choice);
    if (!candidate || has(candidate->describe(), "ref")) return false;
    double seconds = secondsOf(*candidate, operands);
    if (seconds >= best) return true;
    best = seconds;
    plan.choice = choice;
    plan.chosen = std::move(candidate);
    return true;
  };
  if (!args.flag(5)) measure(kWinograd);
  measure(kPointwise);
  for (int layout = 0; layout < 2; ++layout)
    for (int implementation = 0; implementation < 8; ++implementation)
      if (!measure(layout * 16 + implementation)) break;  // the reference is the last in oneDNN's list
  return Napi::Number::New(args.info().Env(), plan.choice);
}

/** `convRun(plan, input, filter, output, bias, packed, residual)` */
Napi::Value run(const Args& args) {
  auto& plan = planOf(args, 0);
  const ConvShape& s = plan.shape;
  auto operands = readOperands(args, s);
  if (!args.missing(5)) operands.packed = args.array<uint8_t>(5, plan.chosen->packedBytes()).data;
  operands.residual = args.optionalF32(6, s.outputSize()).data;
  if (operands.residual != nullptr && (s.kind != int(ConvKind::kForward) || s.activation != 0 || s.bf16))
    fail("a residual is added to floats of a forward convolution without an activation of its own");
  plan.chosen->run(operands);
  return args.info().Env().Undefined();
}

Napi::Value packedBytes(const Args& args) {
  return Napi::Number::New(args.info().Env(), double(planOf(args, 0).chosen->packedBytes()));
}

Napi::Value pack(const Args& args) {
  auto& plan = planOf(args, 0);
  auto filter = args.f32(1, plan.shape.filterSize());
  auto packed = args.array<uint8_t>(2, plan.chosen->packedBytes());
  plan.chosen->pack(filter.data, packed.data);
  return args.info().Env().Undefined();
}

Napi::Value describe(const Args& args) {
  return Napi::String::New(args.info().Env(), planOf(args, 0).chosen->describe());
}

}  // namespace

void bindConvolutions(Napi::Object& exports) {
  bind(exports, "convPlan", create);
  bind(exports, "convPlanBf16", createBf16);
  bind(exports, "convTune", tune);
  bind(exports, "convRun", run);
  bind(exports, "convPack", pack);
  bind(exports, "convPackedBytes", packedBytes);
  bind(exports, "convDescribe", describe);
}

}  // namespace fgkd
