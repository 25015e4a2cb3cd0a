// Duals of activations, for the kernels of infinitely wide networks: plain arrays of doubles instead of lanes of
// samples. What is left over at the end of a row is computed with what follows it, and stored with that unchanged.

typedef double LooseDouble __attribute__((ext_vector_type(16), aligned(8)));

LANE_INLINE LaneDouble loadLoose(const double *x) { return *(const LooseDouble *)x; }
LANE_INLINE void storeLoose(double *x, LaneDouble v) { *(LooseDouble *)x = v; }
static const double halfPi = 1.5707963267948966, inverseTwoPi = 0.15915494309189535;

typedef struct {
  LaneDouble arc;   // asin(√z) of the reduced argument
  LaneInt64 isLarge;
} ReducedArcSine;

// |x| ≤ ½ as it is, beyond it through asin x = π/2 − 2 asin √((1 − x)/2). asin(√z)/√z = 1 + z P(z) on z ≤ ¼ (a Chebyshev
// fit made for this file, error 1e-18).
LANE_INLINE ReducedArcSine reducedArcSine(LaneDouble magnitude) {
  static const double fit[14] = {
    0.029612011264955121, -0.019241671746743041, 0.019554513336123378, 0.0030448799094556773,
    0.0093195607947674456, 0.0096218429701002816, 0.011566459612121669, 0.01396378001220357,
    0.017352816540325496, 0.022372157443507221, 0.03038194447553234, 0.044642857142551895,
    0.075000000000001177, 0.16666666666666666,
  };
  ReducedArcSine result;
  result.isLarge = magnitude > (LaneDouble)0.5;
  LaneDouble z = selectDual(result.isLarge, 0.5 - 0.5 * magnitude, magnitude * magnitude);
  LaneDouble s = selectDual(result.isLarge, __builtin_elementwise_sqrt(z), magnitude);
  // Even and odd powers apart, since each step waits for the one before.
  LaneDouble square = z * z, odd = fit[0], even = fit[1];
  UNROLL for (int i = 2; i < 14; i += 2) {
    odd = fmaDual(odd, square, (LaneDouble)fit[i]);
    even = fmaDual(even, square, (LaneDouble)fit[i + 1]);
  }
  LaneDouble p = fmaDual(odd, z, even);
  result.arc = fmaDual(p * z, s, s);
  return result;
}

LANE_INLINE LaneDouble arcSine(LaneDouble x) {
  LaneDouble magnitude = absoluteValue(x);
  ReducedArcSine reduced = reducedArcSine(magnitude);
  LaneDouble large = fmaDual(reduced.arc, (LaneDouble)-2.0, (LaneDouble)halfPi);
  return copySign(selectDual(reduced.isLarge, large, reduced.arc), x);
}

// π − arccos x = π/2 + asin x, without cancellation near −1.
LANE_INLINE LaneDouble arcFromMinusOne(LaneDouble x) {
  LaneDouble magnitude = absoluteValue(x);
  ReducedArcSine reduced = reducedArcSine(magnitude);
  LaneInt64 isNegative = x < (LaneDouble)0.0;
  LaneDouble twice = reduced.arc + reduced.arc;
  LaneDouble large = selectDual(isNegative, twice, 2.0 * halfPi - twice);
  LaneDouble small = halfPi + copySign(reduced.arc, x);
  return selectDual(reduced.isLarge, large, small);
}

typedef struct {
  LaneDouble value, derivative;
} DualMoments;

// Cho & Saul 2009. Of each variable √q and 1/√q (0 for q = 0).
LANE_INLINE DualMoments piecewiseLinearDual(const LaneGaussianDual *dual, LaneDouble root, LaneDouble inverse, LaneDouble c) {
  LaneDouble rho = c * inverse;
  LaneDouble magnitude = absoluteValue(rho);
  rho = selectDual(magnitude > (LaneDouble)(1.0 - 0x1p-49), copySign((LaneDouble)1.0, rho), rho);
  LaneDouble upper = arcFromMinusOne(rho);
  LaneDouble sine = __builtin_elementwise_sqrt((1.0 - rho) * (1.0 + rho));
  double bend = (1.0 - dual->slope) * (1.0 - dual->slope) * inverseTwoPi;
  DualMoments result;
  result.value = fmaDual(bend * root, fmaDual(upper, rho, sine), dual->slope * c);
  result.derivative = fmaDual(upper, (LaneDouble)bend, (LaneDouble)dual->slope);
  return result;
}

// Williams 1997. Of each variable 1/√(1 + 2q) and q. Of inputs that are alike (1 + 2q₁)(1 + 2q₂) − 4c² is far smaller
// than its terms, and is put together so that they cancel exactly.
LANE_INLINE DualMoments errorFunctionDual(LaneDouble inverse, LaneDouble q1, LaneDouble q2, LaneDouble c) {
  LaneDouble g = 2.0 * c * inverse;
  g = selectDual(absoluteValue(g) > (LaneDouble)1.0, copySign((LaneDouble)1.0, g), g);
  DualMoments result;
  result.value = arcSine(g) * (1.0 / halfPi);
  LaneDouble minor = __builtin_elementwise_max(fmaDual(q1, q2, -(c * c)), (LaneDouble)0.0);
  result.derivative = (2.0 / halfPi) / __builtin_elementwise_sqrt(1.0 + 2.0 * (q1 + q2) + 4.0 * minor);
  return result;
}

// x Φ(x). Of each variable q and 1/√(1 + q).
LANE_INLINE DualMoments geluDual(
  LaneDouble q1, LaneDouble root1, LaneDouble q2, LaneDouble root2, LaneDouble c) {
  LaneDouble g = c * (root1 * root2);
  g = selectDual(absoluteValue(g) > (LaneDouble)1.0, copySign((LaneDouble)1.0, g), g);
  LaneDouble quadrant = fmaDual(arcSine(g), (LaneDouble)inverseTwoPi, (LaneDouble)0.25);
  LaneDouble minor = fmaDual(q1, q2, -(c * c));
  LaneDouble reciprocal = 1.0 / (1.0 + (q1 + q2) + minor);
  LaneDouble density = inverseTwoPi * __builtin_elementwise_sqrt(reciprocal);
  LaneDouble inverses = fmaDual(root1, root1, root2 * root2);
  DualMoments result;
  result.value = fmaDual(c, quadrant, density * fmaDual(c * c, inverses, minor));
  result.derivative = fmaDual(c * density, inverses + reciprocal, quadrant);
  return result;
}

// Of each variable q/2: sinh c and cosh c times e^(−(q1 + q2)/2).
LANE_INLINE DualMoments sineDual(LaneDouble half, LaneDouble c) {
  LaneDouble sum = exponential(c - half), difference = exponential(-c - half);
  return (DualMoments){0.5 * (sum - difference), 0.5 * (sum + difference)};
}

LANE_INLINE DualMoments dualMoments(
  const LaneGaussianDual *dual, LaneDouble a1, LaneDouble b1, LaneDouble a2, LaneDouble b2, LaneDouble c) {
  switch (dual->kind) {
  case LaneDualErf: return errorFunctionDual(a1 * a2, b1, b2, c);
  case LaneDualGelu: return geluDual(a1, b1, a2, b2, c);
  case LaneDualSin: return sineDual(a1 + a2, c);
  default: {
    LaneDouble root = a1 * a2;
    DualMoments result = piecewiseLinearDual(dual, root, b1 * b2, c);
    // A variable that is always zero: φ′(0) E[φ′(v)].
    LaneInt64 isConstant = root == (LaneDouble)0.0;
    LaneInt64 areConstant = a1 + a2 == (LaneDouble)0.0;
    LaneDouble constant = selectDual(areConstant, (LaneDouble)dual->derivativeOfZeros, (LaneDouble)dual->derivativeOfZero);
    result.derivative = selectDual(isConstant, constant, result.derivative);
    return result;
  }
  }
}

static const LaneInt64 laneNumbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void gaussianDual(
  const LaneGaussianDual *dual, const double *a1, const double *b1, const double *a2, const double *b2,
  double *covariance, double *tangent) {
  // One kind for each compiled loop.
#define LOOP(KIND)                                                                                           \
  case KIND: {                                                                                               \
    LaneGaussianDual fixed = *dual;                                                                          \
    fixed.kind = KIND;                                                                                       \
    for (int64_t row = 0; row < dual->rows; row++) {                                                         \
      const LaneDouble p1 = a1[row], r1 = b1[row];                                                           \
      const double *p2 = a2 + row * dual->secondStride, *r2 = b2 + row * dual->secondStride;                 \
      double *c = covariance + row * dual->length, *t = tangent ? tangent + row * dual->length : NULL;       \
      int64_t i = 0;                                                                                         \
      for (; i + LANE_COUNT <= dual->length; i += LANE_COUNT) {                                              \
        DualMoments m = dualMoments(&fixed, p1, r1, loadLoose(p2 + i), loadLoose(r2 + i), loadLoose(c + i)); \
        storeLoose(c + i, m.value);                                                                          \
        if (t) storeLoose(t + i, loadLoose(t + i) * m.derivative);                                           \
      }                                                                                                      \
      int64_t left = dual->length - i;                                                                       \
      if (left > 0) {                                                                                        \
        LaneInt64 mask = laneNumbers < (LaneInt64)left;                                                      \
        LaneDouble old = loadLoose(c + i);                                                                   \
        DualMoments m = dualMoments(&fixed, p1, r1, loadLoose(p2 + i), loadLoose(r2 + i), old);              \
        storeLoose(c + i, selectDual(mask, m.value, old));                                                   \
        if (t) {                                                                                             \
          LaneDouble before = loadLoose(t + i);                                                              \
          storeLoose(t + i, selectDual(mask, before * m.derivative, before));                                \
        }                                                                                                    \
      }                                                                                                      \
    }                                                                                                        \
    break;                                                                                                   \
  }
  switch (dual->kind) {
    LOOP(LaneDualPiecewiseLinear)
    LOOP(LaneDualErf)
    LOOP(LaneDualGelu)
    LOOP(LaneDualSin)
  }
#undef LOOP
}

static void gaussianDiagonal(
  const LaneGaussianDual *dual, int64_t count, const double *numbers, const double *others, double *variance,
  double *tangent) {
  for (int64_t i = 0; i < count; i += LANE_COUNT) {
    LaneInt64 mask = laneNumbers < (LaneInt64)(count - i);
    LaneDouble a = loadLoose(numbers + i), b = loadLoose(others + i), old = loadLoose(variance + i);
    DualMoments m = dualMoments(dual, a, b, a, b, old);
    storeLoose(variance + i, selectDual(mask, m.value, old));
    if (tangent) {
      LaneDouble before = loadLoose(tangent + i);
      storeLoose(tangent + i, selectDual(mask, before * m.derivative, before));
    }
  }
}

// A pair at a time through all layers, so that nothing is written on the way. Rows are innermost: what is known of the
// second variables stays in the first-level cache.
LANE_INLINE void chainOfKind(
  const LaneDualKind kind, const bool hasTangent, const LaneChainLayer *layers, int64_t count,
  const LaneChainTile *tile, const double *covariance, double *kernel, double *tangent) {
  for (int64_t i = 0; i < tile->length; i += LANE_COUNT) {
    for (int64_t row = 0; row < tile->rows; row++) {
      const int64_t first = tile->first + row, second = tile->second + i;
      LaneDouble k = loadLoose(covariance + row * tile->covarianceStride + i), t = 0.0;
      for (const LaneChainLayer *layer = layers; layer < layers + count; layer++) {
        k = fmaDual(k, (LaneDouble)layer->weight, (LaneDouble)layer->bias);
        if (hasTangent) {
          t = fmaDual(t, (LaneDouble)layer->weight, (LaneDouble)layer->constant);
          t = fmaDual(k, (LaneDouble)layer->share, t);
        }
        if (!layer->hasDual) continue;
        LaneGaussianDual fixed = layer->dual;
        fixed.kind = kind;
        DualMoments m = dualMoments(
          &fixed, (LaneDouble)layer->first[first], (LaneDouble)layer->firstOther[first],
          loadLoose(layer->second + second), loadLoose(layer->secondOther + second), k);
        k = m.value;
        if (hasTangent) t *= m.derivative;
      }
      storeLoose(kernel + row * tile->targetStride + i, k);
      if (hasTangent) storeLoose(tangent + row * tile->targetStride + i, t);
    }
  }
}

static void gaussianChain(
  const LaneChainLayer *layers, int64_t count, const LaneChainTile *tile, const double *covariance, double *kernel,
  double *tangent) {
  LaneDualKind kind = LaneDualPiecewiseLinear;
  for (int64_t i = 0; i < count; i++)
    if (layers[i].hasDual) kind = layers[i].dual.kind;
#define CHAIN(KIND)                                                                     \
  case KIND:                                                                            \
    if (tangent)                                                                        \
      chainOfKind(KIND, true, layers, count, tile, covariance, kernel, tangent);        \
    else                                                                                \
      chainOfKind(KIND, false, layers, count, tile, covariance, kernel, tangent);       \
    break;
  switch (kind) {
    CHAIN(LaneDualPiecewiseLinear)
    CHAIN(LaneDualErf)
    CHAIN(LaneDualGelu)
    CHAIN(LaneDualSin)
  }
#undef CHAIN
}

// Partial sums in sixteen fixed lanes, so that the variants agree.
static void seriesDual(
  int64_t terms, const double *first, const double *second, double rho, double *value, double *derivative) {
  LaneDouble power, sum = 0.0, slope = 0.0;
  double next = 1.0;
  for (int i = 0; i < LANE_COUNT; i++) {
    power[i] = next;
    next *= rho;
  }
  for (int64_t t = 0; t < terms; t += LANE_COUNT) {
    sum = fmaDual(loadLoose(first + t) * power, loadLoose(second + t), sum);
    slope = fmaDual(loadLoose(first + terms + t) * power, loadLoose(second + terms + t), slope);
    power *= next;
  }
  double total = 0.0, totalSlope = 0.0;
  for (int i = 0; i < LANE_COUNT; i++) {
    total += sum[i];
    totalSlope += slope[i];
  }
  *value = total;
  *derivative = totalSlope;
}
