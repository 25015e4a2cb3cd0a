// Gram matrices of per-sample gradients.
// Included by lane_kernels.h once for each scalar type.

// `rows` samples of one block of a (their scalars broadcast) against `blocks` blocks of b.
LANE_INLINE void NAME(gramTile)(int64_t parameters, const SCALAR *a, const SCALAR *b, const int rows, const int blocks,
                                int64_t bBlockStride, double factor, double *out, int64_t outStride) {
  for (int64_t first = 0; first < parameters; first += 512) {
    int64_t end = first + 512 < parameters ? first + 512 : parameters;
    VECTOR sum[GRAM_TILE];
    UNROLL for (int i = 0; i < rows * blocks; i++) sum[i] = (VECTOR)(SCALAR)0;
    for (int64_t p = first; p < end; p++) {
      VECTOR value[GRAM_TILE];
      UNROLL for (int j = 0; j < blocks; j++) value[j] = NAME(load)(b + j * bBlockStride + p * LANE_COUNT);
      UNROLL for (int i = 0; i < rows; i++) {
        VECTOR scalar = (VECTOR)a[p * LANE_COUNT + i];
        UNROLL for (int j = 0; j < blocks; j++)
          sum[i * blocks + j] = NAME(fma)(scalar, value[j], sum[i * blocks + j]);
      }
    }
    UNROLL for (int i = 0; i < rows; i++) {
      UNROLL for (int j = 0; j < blocks; j++) {
        double *place = out + i * outStride + j * LANE_COUNT;
        LaneDouble old;
        memcpy(&old, place, sizeof old);
        LaneDouble updated = fmaDual(WIDEN(sum[i * blocks + j]), (LaneDouble)factor, old);
        memcpy(place, &updated, sizeof updated);
      }
    }
  }
}

static void NAME(gram)(int64_t parameters, const SCALAR *a, const SCALAR *b, int64_t blocks, int64_t bBlockStride,
                       double factor, double *out, int64_t outStride) {
  // Rows × blocks of a tile fill the registers; both divide sixteen and the blocks left over.
  while (blocks > 0) {
    int64_t taken = blocks >= 4 && GRAM_TILE >= 16 ? 4 : blocks >= 2 && GRAM_TILE >= 8 ? 2 : 1;
    for (int64_t i = 0; i < LANE_COUNT;) {
      double *place = out + i * outStride;
#if GRAM_TILE >= 16
      if (taken == 4) {
        NAME(gramTile)(parameters, a + i, b, 4, 4, bBlockStride, factor, place, outStride);
        i += 4;
        continue;
      }
#endif
#if GRAM_TILE >= 8
      if (taken == 2) {
        NAME(gramTile)(parameters, a + i, b, GRAM_TILE / 2, 2, bBlockStride, factor, place, outStride);
        i += GRAM_TILE / 2;
        continue;
      }
#endif
      NAME(gramTile)(parameters, a + i, b, GRAM_TILE, 1, bBlockStride, factor, place, outStride);
      i += GRAM_TILE;
    }
    b += taken * bBlockStride;
    out += taken * LANE_COUNT;
    blocks -= taken;
  }
}
