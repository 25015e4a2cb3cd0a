// Elementwise functions and their derivatives.
// Included by lane_kernels.h once for each scalar type.

static const double NAME(inverseRootTwo) = 0.70710678118654752440;
static const double NAME(inverseRootTwoPi) = 0.39894228040143267794;
static const double NAME(geluTanhFactor) = 0.79788456080286535588;  // √(2/π), Hendrycks & Gimpel 2016

LANE_INLINE VECTOR NAME(selectVector)(MASK mask, VECTOR yes, VECTOR no) {
  return (VECTOR)(((MASK)yes & mask) | ((MASK)no & ~mask));
}

LANE_INLINE LaneDouble NAME(smoothValue)(const LaneActivation kind, LaneDouble x) {
  switch (kind) {
  case LaneActivationElu: return selectDual(x > (LaneDouble)0.0, x, exponentialMinusOne(x));
  case LaneActivationGelu: return 0.5 * x * (1.0 + errorFunction(x * NAME(inverseRootTwo)));
  case LaneActivationGeluTanh:
    return 0.5 * x * (1.0 + hyperbolicTangent(NAME(geluTanhFactor) * fmaDual(x * x * x, (LaneDouble)0.044715, x)));
  case LaneActivationSilu: return x * logistic(x);
  case LaneActivationTanh: return hyperbolicTangent(x);
  case LaneActivationErf: return errorFunction(x);
  case LaneActivationSigmoid: return logistic(x);
  case LaneActivationSoftplus:
    return selectDual(x > (LaneDouble)0.0, x, (LaneDouble)0.0) + logarithmOnePlus(exponential(-absoluteValue(x)));
  case LaneActivationSin: return sineCosine(x).sine;
  default: return x;
  }
}

LANE_INLINE LaneDouble NAME(smoothDerivative)(const LaneActivation kind, LaneDouble x) {
  switch (kind) {
  case LaneActivationElu: return selectDual(x > (LaneDouble)0.0, (LaneDouble)1.0, exponential(x));
  case LaneActivationGelu:
    return 0.5 * (1.0 + errorFunction(x * NAME(inverseRootTwo)))
      + x * NAME(inverseRootTwoPi) * exponential(-0.5 * x * x);
  case LaneActivationGeluTanh: {
    LaneDouble t = hyperbolicTangent(NAME(geluTanhFactor) * fmaDual(x * x * x, (LaneDouble)0.044715, x));
    LaneDouble inner = NAME(geluTanhFactor) * fmaDual(x * x, (LaneDouble)(3.0 * 0.044715), (LaneDouble)1.0);
    return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t) * (1.0 + t) * inner;
  }
  case LaneActivationSilu: {
    LaneDouble s = logistic(x);
    return s * fmaDual(x, 1.0 - s, (LaneDouble)1.0);
  }
  case LaneActivationTanh: {
    LaneDouble t = hyperbolicTangent(x);
    return (1.0 - t) * (1.0 + t);
  }
  case LaneActivationErf: return 1.1283791670955126 * exponential(-(x * x));
  case LaneActivationSigmoid: {
    LaneDouble s = logistic(x);
    return s * (1.0 - s);
  }
  case LaneActivationSoftplus: return logistic(x);
  case LaneActivationSin: return sineCosine(x).cosine;
  default: return (LaneDouble)1.0;
  }
}

LANE_INLINE VECTOR NAME(activationValue)(const LaneActivation kind, SCALAR parameter, VECTOR x) {
  const VECTOR zero = (VECTOR)(SCALAR)0;
  switch (kind) {
  // A NaN is neither above nor below zero; taking it from x keeps it visible.
  case LaneActivationRelu: return NAME(selectVector)(x <= zero, zero, x);
  case LaneActivationLeakyRelu: return NAME(selectVector)(x <= zero, x * parameter, x);
  case LaneActivationHardSwish: {
    VECTOR gate = x + (SCALAR)3;
    gate = NAME(selectVector)(gate <= zero, zero, gate);
    gate = NAME(selectVector)(gate > (VECTOR)(SCALAR)6, (VECTOR)(SCALAR)6, gate);
    return x * (gate / (SCALAR)6);
  }
  case LaneActivationAbs: return NAME(selectVector)(x < zero, -x, x);
  default: return NARROW(NAME(smoothValue)(kind, WIDEN(x)));
  }
}

LANE_INLINE VECTOR NAME(activationDerivative)(const LaneActivation kind, SCALAR parameter, VECTOR x) {
  const VECTOR zero = (VECTOR)(SCALAR)0, one = (VECTOR)(SCALAR)1;
  switch (kind) {
  case LaneActivationRelu: return NAME(selectVector)(x > zero, one, zero);
  case LaneActivationLeakyRelu: return NAME(selectVector)(x > zero, one, (VECTOR)parameter);
  case LaneActivationHardSwish: {
    VECTOR slope = (x + x + (SCALAR)3) / (SCALAR)6;
    slope = NAME(selectVector)(x <= (VECTOR)(SCALAR)-3, zero, slope);
    return NAME(selectVector)(x >= (VECTOR)(SCALAR)3, one, slope);
  }
  case LaneActivationAbs:
    return NAME(selectVector)(x > zero, one, NAME(selectVector)(x < zero, -one, zero));
  default: return NARROW(NAME(smoothDerivative)(kind, WIDEN(x)));
  }
}

#define ACTIVATION_CASES(DO)                                                                                  \
  switch (kind) {                                                                                             \
  case LaneActivationRelu: DO(LaneActivationRelu) break;                                                      \
  case LaneActivationLeakyRelu: DO(LaneActivationLeakyRelu) break;                                            \
  case LaneActivationElu: DO(LaneActivationElu) break;                                                        \
  case LaneActivationGelu: DO(LaneActivationGelu) break;                                                      \
  case LaneActivationGeluTanh: DO(LaneActivationGeluTanh) break;                                              \
  case LaneActivationSilu: DO(LaneActivationSilu) break;                                                      \
  case LaneActivationHardSwish: DO(LaneActivationHardSwish) break;                                            \
  case LaneActivationTanh: DO(LaneActivationTanh) break;                                                      \
  case LaneActivationErf: DO(LaneActivationErf) break;                                                        \
  case LaneActivationSigmoid: DO(LaneActivationSigmoid) break;                                                \
  case LaneActivationSoftplus: DO(LaneActivationSoftplus) break;                                              \
  case LaneActivationSin: DO(LaneActivationSin) break;                                                        \
  case LaneActivationAbs: DO(LaneActivationAbs) break;                                                        \
  }

static void NAME(activate)(LaneActivation kind, SCALAR parameter, int64_t vectors, const SCALAR *x, SCALAR *y) {
#define FORWARD(constant)                                                                                     \
  for (int64_t v = 0; v < vectors; v++)                                                                       \
    NAME(store)(y + v * LANE_COUNT, NAME(activationValue)(constant, parameter, NAME(load)(x + v * LANE_COUNT)));
  ACTIVATION_CASES(FORWARD)
#undef FORWARD
}

static void NAME(activateBackward)(LaneActivation kind, SCALAR parameter, int64_t vectors, const SCALAR *x,
                                   const SCALAR *dy, SCALAR *dx, bool accumulate) {
  // Multiplying by 0 or 1 would keep an infinity as NaN where autograd's mask gives 0; the selects below do not.
#define BACKWARD(constant)                                                                                    \
  for (int64_t v = 0; v < vectors; v++) {                                                                     \
    VECTOR input = NAME(load)(x + v * LANE_COUNT), gradient = NAME(load)(dy + v * LANE_COUNT);                \
    VECTOR result = constant == LaneActivationRelu                                                            \
      ? NAME(selectVector)(input > (VECTOR)(SCALAR)0, gradient, (VECTOR)(SCALAR)0)                            \
      : gradient * NAME(activationDerivative)(constant, parameter, input);                                    \
    if (accumulate) result = NAME(load)(dx + v * LANE_COUNT) + result;                                        \
    NAME(store)(dx + v * LANE_COUNT, result);                                                                 \
  }
  ACTIVATION_CASES(BACKWARD)
#undef BACKWARD
}
#undef ACTIVATION_CASES
