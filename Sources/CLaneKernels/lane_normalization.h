// Normalization within a sample, and checks.
// Included by lane_kernels.h once for each scalar type.

static void NAME(normalize)(int64_t channels, int64_t positions, int64_t lanes, double epsilon, const SCALAR *gamma,
                            const SCALAR *beta, const SCALAR *x, SCALAR *y, double *mean, double *inverse) {
  const double share = 1.0 / (double)(channels * positions);
  LaneDouble sum = (LaneDouble)0.0, squares = (LaneDouble)0.0;
  for (int64_t v = 0; v < channels * positions; v++) sum += WIDEN(NAME(load)(x + v * LANE_COUNT));
  LaneDouble center = sum * share;
  for (int64_t v = 0; v < channels * positions; v++) {
    LaneDouble deviation = WIDEN(NAME(load)(x + v * LANE_COUNT)) - center;
    squares = fmaDual(deviation, deviation, squares);
  }
  LaneDouble scale = 1.0 / __builtin_elementwise_sqrt(squares * share + epsilon);
  for (int64_t l = lanes; l < LANE_COUNT; l++) scale[l] = 0.0;
  for (int64_t c = 0; c < channels; c++)
    for (int64_t p = 0; p < positions; p++) {
      int64_t place = (c * positions + p) * LANE_COUNT;
      LaneDouble value = (WIDEN(NAME(load)(x + place)) - center) * scale;
      NAME(store)(y + place, NARROW(fmaDual(value, (LaneDouble)(double)gamma[c], (LaneDouble)(double)beta[c])));
    }
  memcpy(mean, &center, sizeof center);
  memcpy(inverse, &scale, sizeof scale);
}

static void NAME(normalizeBackward)(int64_t channels, int64_t positions, const double *mean, const double *inverse,
                                    const SCALAR *gamma, const SCALAR *x, const SCALAR *dy, SCALAR *dx,
                                    bool accumulate) {
  const double share = 1.0 / (double)(channels * positions);
  LaneDouble center, scale, sum = (LaneDouble)0.0, product = (LaneDouble)0.0;
  memcpy(&center, mean, sizeof center);
  memcpy(&scale, inverse, sizeof scale);
  for (int64_t c = 0; c < channels; c++)
    for (int64_t p = 0; p < positions; p++) {
      int64_t place = (c * positions + p) * LANE_COUNT;
      LaneDouble gradient = WIDEN(NAME(load)(dy + place)) * (double)gamma[c];
      sum += gradient;
      product = fmaDual(gradient, (WIDEN(NAME(load)(x + place)) - center) * scale, product);
    }
  sum *= share;
  product *= share;
  for (int64_t c = 0; c < channels; c++)
    for (int64_t p = 0; p < positions; p++) {
      int64_t place = (c * positions + p) * LANE_COUNT;
      LaneDouble gradient = WIDEN(NAME(load)(dy + place)) * (double)gamma[c];
      LaneDouble normalized = (WIDEN(NAME(load)(x + place)) - center) * scale;
      VECTOR result = NARROW(scale * (gradient - sum - normalized * product));
      NAME(store)(dx + place, accumulate ? NAME(load)(dx + place) + result : result);
    }
}

static bool NAME(allFinite)(int64_t vectors, int64_t lanes, const SCALAR *x) {
  // x - x is zero for finite numbers and NaN for the others.
  VECTOR marker = (VECTOR)(SCALAR)0;
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(load)(x + v * LANE_COUNT);
    marker += value - value;
  }
  for (int64_t l = 0; l < lanes; l++)
    if (marker[l] != (SCALAR)0) return false;
  return true;
}
