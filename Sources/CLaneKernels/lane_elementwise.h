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

LANE_INLINE void NAME(dotStep)(const bool isScalar, const SCALAR *x, const SCALAR *y, int64_t v, VECTOR *sum,
                               VECTOR *product) {
  const VECTOR value = NAME(load)(y + v * LANE_COUNT);
  *sum += value;
  *product = NAME(fma)(isScalar ? (VECTOR)x[v] : NAME(load)(x + v * LANE_COUNT), value, *product);
}

// Sixteens that are summed side by side, since an addition waits for the one before it: as many as registers allow.
enum { NAME(dotChains) = NAME(parts) > 2 ? 1 : 2 };

// x has a vector where y has one, or a scalar for all its lanes.
LANE_INLINE void NAME(dotWith)(const bool isScalar, int64_t vectors, const SCALAR *x, const SCALAR *y, double *sum,
                               double *product) {
  LaneDouble total, totalProduct;
  memcpy(&total, sum, sizeof total);
  memcpy(&totalProduct, product, sizeof totalProduct);
  int64_t first = 0;
  for (; first + NAME(dotChains) * 16 <= vectors; first += NAME(dotChains) * 16) {
    VECTOR partial[NAME(dotChains)], partialProduct[NAME(dotChains)];
    UNROLL for (int k = 0; k < NAME(dotChains); k++) partial[k] = partialProduct[k] = (VECTOR)(SCALAR)0;
    for (int64_t v = first; v < first + 16; v++) {
      UNROLL for (int k = 0; k < NAME(dotChains); k++)
        NAME(dotStep)(isScalar, x, y, v + k * 16, &partial[k], &partialProduct[k]);
    }
    UNROLL for (int k = 0; k < NAME(dotChains); k++) {
      total += WIDEN(partial[k]);
      totalProduct += WIDEN(partialProduct[k]);
    }
  }
  for (; first < vectors; first += 16) {
    int64_t end = first + 16 < vectors ? first + 16 : vectors;
    VECTOR partial = (VECTOR)(SCALAR)0, partialProduct = partial;
    for (int64_t v = first; v < end; v++) NAME(dotStep)(isScalar, x, y, v, &partial, &partialProduct);
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
