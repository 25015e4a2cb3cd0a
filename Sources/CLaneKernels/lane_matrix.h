// Matrices of scalars times matrices of vectors: what dense layers and Winograd's products come down to.
// Included by lane_kernels.h once for each scalar type.

// The scalars stand in panels of TILE_CHANNELS rows, [panel][depth][row], rows beyond the matrix as zeros: a register
// tile then reads them in one stream, whatever the matrix's own strides.
LANE_INLINE int64_t NAME(panelScalars)(int64_t rows, int64_t depth) {
  return (rows + TILE_CHANNELS - 1) / TILE_CHANNELS * TILE_CHANNELS * depth;
}

// One register tile: TILE_CHANNELS rows × `columns` columns, of which `rows` rows are stored. The depth is `outer`
// times `inner`.
LANE_INLINE void NAME(panelTile)(const SCALAR *panel, int64_t outer, int64_t inner, const SCALAR *source,
                                 int64_t outerStride, int64_t innerStride, int64_t columnStride, const int columns,
                                 int64_t rows, bool accumulate, SCALAR *target, int64_t targetRow,
                                 int64_t targetColumn) {
  VECTOR sum[TILE_CHANNELS][TILE_COLUMNS];
  UNROLL for (int o = 0; o < TILE_CHANNELS; o++) {
    UNROLL for (int p = 0; p < columns; p++)
      sum[o][p] = accumulate && o < rows ? NAME(load)(target + o * targetRow + p * targetColumn)
                                         : (VECTOR)(SCALAR)0;
  }
  for (int64_t k = 0; k < outer; k++) {
    const SCALAR *place = source + k * outerStride;
    for (int64_t s = 0; s < inner; s++) {
      VECTOR value[TILE_COLUMNS];
      UNROLL for (int p = 0; p < columns; p++) value[p] = NAME(load)(place + p * columnStride);
      UNROLL for (int o = 0; o < TILE_CHANNELS; o++) {
        VECTOR weight = (VECTOR)panel[o];
        UNROLL for (int p = 0; p < columns; p++) sum[o][p] = NAME(fma)(weight, value[p], sum[o][p]);
      }
      place += innerStride;
      panel += TILE_CHANNELS;
    }
  }
  UNROLL for (int o = 0; o < TILE_CHANNELS; o++) {
    if (o >= rows) break;
    UNROLL for (int p = 0; p < columns; p++) NAME(store)(target + o * targetRow + p * targetColumn, sum[o][p]);
  }
}

// target[o][c] (+)= Σ_k Σ_s panels[o][k][s] · source[k][s][c]; strides in scalars.
static __attribute__((noinline)) void NAME(multiplyPanels)(const SCALAR *panels, int64_t rows, int64_t outer,
                                                           int64_t inner, const SCALAR *source, int64_t outerStride,
                                                           int64_t innerStride, int64_t columns, int64_t columnStride,
                                                           bool accumulate, SCALAR *target, int64_t targetRow,
                                                           int64_t targetColumn) {
  // Columns outermost: a tile's vectors stay in the first-level cache for all panels, which are smaller.
  int64_t c = 0;
  for (; c + TILE_COLUMNS <= columns; c += TILE_COLUMNS) {
    for (int64_t o = 0; o < rows; o += TILE_CHANNELS)
      NAME(panelTile)(panels + o * outer * inner, outer, inner, source + c * columnStride, outerStride, innerStride,
                      columnStride, TILE_COLUMNS, rows - o, accumulate, target + o * targetRow + c * targetColumn,
                      targetRow, targetColumn);
  }
#if TILE_COLUMNS > 1
  for (; c < columns; c++) {
    for (int64_t o = 0; o < rows; o += TILE_CHANNELS)
      NAME(panelTile)(panels + o * outer * inner, outer, inner, source + c * columnStride, outerStride, innerStride,
                      columnStride, 1, rows - o, accumulate, target + o * targetRow + c * targetColumn, targetRow,
                      targetColumn);
  }
#endif
}

enum { NAME(packedTargets) = PACKED_TARGETS, NAME(packedDepth) = PACKED_SCALARS / PACKED_TARGETS };

// Rows to columns, by exchanging the off-diagonal blocks of 8 × 8, 4 × 4, 2 × 2 and 1 × 1.
LANE_INLINE void NAME(transpose)(VECTOR v[16]) {
  UNROLL for (int i = 0; i < 8; i++) {
    VECTOR a = v[i], b = v[i + 8];
    v[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    v[i + 8] = __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  }
  UNROLL for (int k = 0; k < 8; k++) {
    int i = k / 4 * 8 + k % 4;
    VECTOR a = v[i], b = v[i + 4];
    v[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
    v[i + 4] = __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
  }
  UNROLL for (int k = 0; k < 8; k++) {
    int i = k / 2 * 4 + k % 2;
    VECTOR a = v[i], b = v[i + 2];
    v[i] = __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
    v[i + 2] = __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  }
  UNROLL for (int i = 0; i < 16; i += 2) {
    VECTOR a = v[i], b = v[i + 1];
    v[i] = __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
    v[i + 1] = __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
  }
}

// Packs up to sixteen targets and some sources of a matrix: [panel][source][target], zeros beyond. The
// next sixteen targets' weights are fetched meanwhile: runs this short, a page apart, the hardware does not foresee.
static void NAME(packPanels)(int64_t targets, int64_t sources, int64_t targetStride, int64_t sourceStride,
                             const SCALAR *weights, SCALAR *panels) {
  int64_t panelStride = sources * TILE_CHANNELS, s = 0;
  if (targets == 16 && sourceStride == 1) {
    for (; s + 16 <= sources; s += 16) {
      VECTOR v[16];
      // Rows of the matrix stand anywhere.
      UNROLL for (int o = 0; o < 16; o++) {
        memcpy(&v[o], weights + o * targetStride + s, sizeof v[o]);
        __builtin_prefetch(weights + (16 + o) * targetStride + s, 0, 2);
      }
      NAME(transpose)(v);
      UNROLL for (int k = 0; k < 16; k++) {
        SCALAR row[16] __attribute__((aligned(sizeof(VECTOR))));
        NAME(store)(row, v[k]);
        for (int p = 0; p < 16 / TILE_CHANNELS; p++)
          memcpy(panels + p * panelStride + (s + k) * TILE_CHANNELS, row + p * TILE_CHANNELS,
                 TILE_CHANNELS * sizeof(SCALAR));
      }
    }
  } else if (targets == 16 && targetStride == 1) {
    for (; s < sources; s++) {
      __builtin_prefetch(weights + 16 + s * sourceStride, 0, 2);
      for (int p = 0; p < 16 / TILE_CHANNELS; p++)
        memcpy(panels + p * panelStride + s * TILE_CHANNELS, weights + s * sourceStride + p * TILE_CHANNELS,
               TILE_CHANNELS * sizeof(SCALAR));
    }
  }
  for (; s < sources; s++)
    for (int64_t o = 0; o < 16; o++)
      panels[o / TILE_CHANNELS * panelStride + s * TILE_CHANNELS + o % TILE_CHANNELS] =
        o < targets ? weights[o * targetStride + s * sourceStride] : 0;
}

static void NAME(multiply)(const LaneProduct *m, const SCALAR *weights, const SCALAR *bias, const SCALAR *source,
                           SCALAR *target, SCALAR *panels) {
  bool accumulate = m->accumulate;
  if (!accumulate && bias) {
    for (int64_t c = 0; c < m->columns; c++)
      for (int64_t o = 0; o < m->targets; o++)
        NAME(store)(target + (c * m->targetColumnStride + o) * LANE_COUNT, (VECTOR)bias[o]);
    accumulate = true;
  }
  // A block of sources at a time, so that the vectors it reads stay in cache for all targets.
  for (int64_t s = 0; s < m->sources; s += NAME(packedDepth)) {
    int64_t depth = m->sources - s < NAME(packedDepth) ? m->sources - s : NAME(packedDepth);
    for (int64_t o = 0; o < m->targets; o += NAME(packedTargets)) {
      int64_t targets = m->targets - o < NAME(packedTargets) ? m->targets - o : NAME(packedTargets);
      for (int64_t t = 0; t < targets; t += 16)
        NAME(packPanels)(targets - t < 16 ? targets - t : 16, depth, m->weightTargetStride, m->weightSourceStride,
                         weights + (o + t) * m->weightTargetStride + s * m->weightSourceStride, panels + t * depth);
      NAME(multiplyPanels)(panels, targets, 1, depth, source + s * LANE_COUNT, 0, LANE_COUNT, m->columns,
                           m->sourceColumnStride * LANE_COUNT, accumulate || s > 0, target + o * LANE_COUNT, LANE_COUNT,
                           m->targetColumnStride * LANE_COUNT);
    }
  }
}
