// Affine maps, products and sums.
// Included by lane_kernels.h once for each scalar type.

static void NAME(affine)(int64_t vectors, SCALAR factor, SCALAR offset, const SCALAR *x, SCALAR *y, bool accumulate) {
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(fma)(NAME(load)(x + v * LANE_COUNT), (VECTOR)factor, (VECTOR)offset);
    if (accumulate) value = NAME(load)(y + v * LANE_COUNT) + value;
    NAME(store)(y + v * LANE_COUNT, value);
  }
}

static void NAME(product)(int64_t vectors, const SCALAR *a, const SCALAR *b, SCALAR *y, bool accumulate) {
  for (int64_t v = 0; v < vectors; v++) {
    VECTOR value = NAME(load)(a + v * LANE_COUNT) * NAME(load)(b + v * LANE_COUNT);
    if (accumulate) value = NAME(load)(y + v * LANE_COUNT) + value;
    NAME(store)(y + v * LANE_COUNT, value);
  }
}

static void NAME(moments)(int64_t vectors, double center, const SCALAR *x, double *sum, double *squares) {
  LaneDouble total, totalSquares;
  memcpy(&total, sum, sizeof total);
  memcpy(&totalSquares, squares, sizeof totalSquares);
  for (int64_t v = 0; v < vectors; v++) {
    LaneDouble value = WIDEN(NAME(load)(x + v * LANE_COUNT)) - center;
    total += value;
    totalSquares = fmaDual(value, value, totalSquares);
  }
  memcpy(sum, &total, sizeof total);
  memcpy(squares, &totalSquares, sizeof totalSquares);
}

// x has a vector where y has one, or a scalar for all its lanes.
LANE_INLINE void NAME(dotWith)(const bool isScalar, int64_t vectors, const SCALAR *x, const SCALAR *y, double *sum,
                               double *product) {
  LaneDouble total, totalProduct;
  memcpy(&total, sum, sizeof total);
  memcpy(&totalProduct, product, sizeof totalProduct);
  for (int64_t first = 0; first < vectors; first += 16) {
    int64_t end = first + 16 < vectors ? first + 16 : vectors;
    VECTOR partial = (VECTOR)(SCALAR)0, partialProduct = partial;
    for (int64_t v = first; v < end; v++) {
      VECTOR value = NAME(load)(y + v * LANE_COUNT);
      partial += value;
      partialProduct = NAME(fma)(isScalar ? (VECTOR)x[v] : NAME(load)(x + v * LANE_COUNT), value, partialProduct);
    }
    total += WIDEN(partial);
    totalProduct += WIDEN(partialProduct);
  }
  memcpy(sum, &total, sizeof total);
  memcpy(product, &totalProduct, sizeof totalProduct);
}

static void NAME(dot)(int64_t vectors, const SCALAR *x, const SCALAR *y, double *sum, double *product) {
  NAME(dotWith)(false, vectors, x, y, sum, product);
}

static void NAME(sum)(int64_t vectors, const SCALAR *x, double *sum) {
  LaneDouble total;
  memcpy(&total, sum, sizeof total);
  for (int64_t first = 0; first < vectors; first += 16) {
    int64_t end = first + 16 < vectors ? first + 16 : vectors;
    VECTOR partial = (VECTOR)(SCALAR)0;
    for (int64_t v = first; v < end; v++) partial += NAME(load)(x + v * LANE_COUNT);
    total += WIDEN(partial);
  }
  memcpy(sum, &total, sizeof total);
}

static void NAME(weightedSum)(int64_t vectors, const SCALAR *weights, const SCALAR *x, double *sum) {
  LaneDouble total;
  memcpy(&total, sum, sizeof total);
  for (int64_t v = 0; v < vectors; v++)
    total = fmaDual((LaneDouble)(double)weights[v], WIDEN(NAME(load)(x + v * LANE_COUNT)), total);
  memcpy(sum, &total, sizeof total);
}

static void NAME(spread)(int64_t vectors, SCALAR factor, const SCALAR *v, SCALAR *y, bool accumulate) {
  VECTOR value = NAME(load)(v) * factor;
  for (int64_t i = 0; i < vectors; i++)
    NAME(store)(y + i * LANE_COUNT, accumulate ? NAME(load)(y + i * LANE_COUNT) + value : value);
}
