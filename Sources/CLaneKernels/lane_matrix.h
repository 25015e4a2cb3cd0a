// Matrices of scalars times matrices of vectors: what dense and 1 × 1 layers and Winograd's products come down to.
// Included by lane_kernels.h once for each scalar type.

// The scalars stand in panels of PANEL_ROWS rows, the last one of those that are left, [panel][depth][row]: a register
// tile then reads them in one stream, whatever the matrix's own strides.

// One register tile: `rows` × `columns`. The depth is `outer` times `inner`.
LANE_INLINE void NAME(panelTile)(const SCALAR *panel, int64_t outer, int64_t inner, const SCALAR *source,
                                 int64_t outerStride, int64_t innerStride, int64_t columnStride, const int rows,
                                 const int columns, bool accumulate, SCALAR *target, int64_t targetRow,
                                 int64_t targetColumn) {
  REGISTER sum[TILE_CHANNELS][WIDE_TILE_COLUMNS][NAME(parts)];
  UNROLL for (int o = 0; o < rows; o++) {
    UNROLL for (int p = 0; p < columns; p++) {
      UNROLL for (int h = 0; h < NAME(parts); h++) {
        const SCALAR *old = target + o * targetRow + p * targetColumn + h * NAME(registerScalars);
        sum[o][p][h] = accumulate ? NAME(loadPart)(old) : (REGISTER)(SCALAR)0;
      }
    }
  }
  for (int64_t k = 0; k < outer; k++) {
    const SCALAR *place = source + k * outerStride;
    for (int64_t s = 0; s < inner; s++) {
      NAME(tileStep)(rows, columns, panel, 1, place, columnStride, sum);
      place += innerStride;
      panel += rows;
    }
  }
  UNROLL for (int o = 0; o < rows; o++) {
    UNROLL for (int p = 0; p < columns; p++) {
      UNROLL for (int h = 0; h < NAME(parts); h++)
        NAME(storePart)(target + o * targetRow + p * targetColumn + h * NAME(registerScalars), sum[o][p][h]);
    }
  }
}

// All rows of some columns.
LANE_INLINE void NAME(panelColumns)(const int columns, const SCALAR *panels, int64_t rows, int64_t outer, int64_t inner,
                                    const SCALAR *source, int64_t outerStride, int64_t innerStride,
                                    int64_t columnStride, bool accumulate, SCALAR *target, int64_t targetRow,
                                    int64_t targetColumn) {
  int64_t o = 0;
#define PANEL_TILE(size)                                                                                               \
  if (size <= PANEL_ROWS)                                                                                              \
    NAME(panelTile)(panels + o * outer * inner, outer, inner, source, outerStride, innerStride, columnStride, size,   \
                    columns, accumulate, target + o * targetRow, targetRow, targetColumn)
  for (; columns <= TILE_COLUMNS && o + PANEL_ROWS <= rows; o += PANEL_ROWS) PANEL_TILE(PANEL_ROWS);
  FOR_SIZE(rows - o, PANEL_TILE)
#undef PANEL_TILE
}

// target[o][c] (+)= Σ_k Σ_s panels[o][k][s] · source[k][s][c]; strides in scalars.
static __attribute__((noinline)) void NAME(multiplyPanels)(const SCALAR *panels, int64_t rows, int64_t outer,
                                                           int64_t inner, const SCALAR *source, int64_t outerStride,
                                                           int64_t innerStride, int64_t columns, int64_t columnStride,
                                                           bool accumulate, SCALAR *target, int64_t targetRow,
                                                           int64_t targetColumn) {
  // Columns outermost: a tile's vectors stay in the first-level cache for all panels, which are smaller. A few rows
  // alone take more columns, so that enough sums are under way to hide a multiply–add's latency.
  int64_t c = 0;
#define PANEL_COLUMNS(count)                                                                                           \
  for (; c + count <= columns; c += count)                                                                             \
  NAME(panelColumns)(count, panels, rows, outer, inner, source + c * columnStride, outerStride, innerStride,          \
                     columnStride, accumulate, target + c * targetColumn, targetRow, targetColumn)
  if (rows * 2 <= PANEL_ROWS) PANEL_COLUMNS(WIDE_TILE_COLUMNS);
  PANEL_COLUMNS(TILE_COLUMNS);
  PANEL_COLUMNS(1);
#undef PANEL_COLUMNS
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

// Packs up to sixteen targets and some sources of a matrix into panels. The next sixteen targets' weights are fetched
// meanwhile: runs this short, a page apart, the hardware does not foresee.
static void NAME(packPanels)(int64_t targets, int64_t sources, int64_t targetStride, int64_t sourceStride,
                             const SCALAR *weights, SCALAR *panels) {
  int64_t panelStride = sources * PANEL_ROWS, s = 0;
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
        for (int p = 0; p < 16 / PANEL_ROWS; p++)
          memcpy(panels + p * panelStride + (s + k) * PANEL_ROWS, row + p * PANEL_ROWS, PANEL_ROWS * sizeof(SCALAR));
      }
    }
  } else if (targets == 16 && targetStride == 1) {
    for (; s < sources; s++) {
      __builtin_prefetch(weights + 16 + s * sourceStride, 0, 2);
      for (int p = 0; p < 16 / PANEL_ROWS; p++)
        memcpy(panels + p * panelStride + s * PANEL_ROWS, weights + s * sourceStride + p * PANEL_ROWS,
               PANEL_ROWS * sizeof(SCALAR));
    }
  }
  for (int64_t o = 0; o < targets; o += PANEL_ROWS) {
    const int64_t rows = targets - o < PANEL_ROWS ? targets - o : PANEL_ROWS;
    for (int64_t k = s; k < sources; k++)
      for (int64_t r = 0; r < rows; r++)
        panels[o * sources + k * rows + r] = weights[(o + r) * targetStride + k * sourceStride];
  }
}

// Packs any number of targets.
static void NAME(packTargets)(int64_t targets, int64_t sources, int64_t targetStride, int64_t sourceStride,
                              const SCALAR *weights, SCALAR *panels) {
  for (int64_t t = 0; t < targets; t += 16)
    NAME(packPanels)(targets - t < 16 ? targets - t : 16, sources, targetStride, sourceStride,
                     weights + t * targetStride, panels + t * sources);
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
      NAME(packTargets)(targets, depth, m->weightTargetStride, m->weightSourceStride,
                        weights + o * m->weightTargetStride + s * m->weightSourceStride, panels);
      NAME(multiplyPanels)(panels, targets, 1, depth, source + s * LANE_COUNT, 0, LANE_COUNT, m->columns,
                           m->sourceColumnStride * LANE_COUNT, accumulate || s > 0, target + o * LANE_COUNT, LANE_COUNT,
                           m->targetColumnStride * LANE_COUNT);
    }
  }
}
