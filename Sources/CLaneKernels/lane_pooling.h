// Average and max pooling.
// Included by lane_kernels.h once for each scalar type.

typedef struct {
  int64_t firstRow, endRow, firstColumn, endColumn;
} NAME(Window);

LANE_INLINE NAME(Window) NAME(window)(const LanePooling *pool, int64_t row, int64_t column) {
  int64_t r = row * pool->stride - pool->padding, c = column * pool->stride - pool->padding;
  int64_t endRow = r + pool->kernel, endColumn = c + pool->kernel;
  return (NAME(Window)){
    r < 0 ? 0 : r, endRow < pool->sourceRows ? endRow : pool->sourceRows,
    c < 0 ? 0 : c, endColumn < pool->sourceColumns ? endColumn : pool->sourceColumns,
  };
}

// One over the count that each window's sum is divided by; NULL when there is no memory.
static SCALAR *NAME(windowShares)(const LanePooling *pool) {
  SCALAR *shares = malloc((size_t)(pool->targetRows * pool->targetColumns) * sizeof(SCALAR));
  if (!shares) return NULL;
  for (int64_t r = 0; r < pool->targetRows; r++)
    for (int64_t c = 0; c < pool->targetColumns; c++) {
      NAME(Window) w = NAME(window)(pool, r, c);
      int64_t inside = (w.endRow - w.firstRow) * (w.endColumn - w.firstColumn);
      shares[r * pool->targetColumns + c] = (SCALAR)1 / (SCALAR)(pool->countsPadding ? pool->kernel * pool->kernel : inside);
    }
  return shares;
}

// The sum over a whole window of a compile-time size, in the order of the general loops.
LANE_INLINE VECTOR NAME(windowSum)(const SCALAR *x, const int kernel, int64_t columns) {
  VECTOR sum = (VECTOR)(SCALAR)0;
  UNROLL for (int i = 0; i < kernel; i++) {
    UNROLL for (int j = 0; j < kernel; j++) sum += NAME(load)(x + (i * columns + j) * LANE_COUNT);
  }
  return sum;
}

static void NAME(averagePool)(const LanePooling *pool, const SCALAR *x, SCALAR *y) {
  SCALAR *shares = NAME(windowShares)(pool);
  if (!shares) {
    y[0] = (SCALAR)__builtin_nan("");
    return;
  }
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t r = 0; r < pool->targetRows; r++)
      for (int64_t c = 0; c < pool->targetColumns; c++) {
        NAME(Window) w = NAME(window)(pool, r, c);
        const SCALAR *corner = x + (w.firstRow * pool->sourceColumns + w.firstColumn) * LANE_COUNT;
        int64_t rows = w.endRow - w.firstRow, columns = w.endColumn - w.firstColumn;
        VECTOR sum = (VECTOR)(SCALAR)0;
        if (rows == 3 && columns == 3) sum = NAME(windowSum)(corner, 3, pool->sourceColumns);
        else if (rows == 2 && columns == 2) sum = NAME(windowSum)(corner, 2, pool->sourceColumns);
        else
          for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < columns; j++)
              sum += NAME(load)(corner + (i * pool->sourceColumns + j) * LANE_COUNT);
        NAME(store)(y, sum * shares[r * pool->targetColumns + c]);
        y += LANE_COUNT;
      }
    x += pool->sourceRows * pool->sourceColumns * LANE_COUNT;
  }
  free(shares);
}

// The windows along one axis that hold a position: first to end.
LANE_INLINE void NAME(windowsAt)(const LanePooling *pool, int64_t position, int64_t windows, int64_t *first,
                                 int64_t *end) {
  int64_t last = position + pool->padding;
  *first = last - pool->kernel < 0 ? 0 : (last - pool->kernel) / pool->stride + 1;
  *end = last / pool->stride + 1 < windows ? last / pool->stride + 1 : windows;
}

static void NAME(averagePoolBackward)(const LanePooling *pool, const SCALAR *dy, SCALAR *dx, bool accumulate) {
  SCALAR *shares = NAME(windowShares)(pool);
  if (!shares) {
    dx[0] = (SCALAR)__builtin_nan("");
    return;
  }
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t i = 0; i < pool->sourceRows; i++) {
      int64_t firstRow, endRow, firstColumn, endColumn;
      NAME(windowsAt)(pool, i, pool->targetRows, &firstRow, &endRow);
      for (int64_t j = 0; j < pool->sourceColumns; j++) {
        NAME(windowsAt)(pool, j, pool->targetColumns, &firstColumn, &endColumn);
        VECTOR sum = accumulate ? NAME(load)(dx) : (VECTOR)(SCALAR)0;
        if (endRow - firstRow == 3 && endColumn - firstColumn == 3) {
          int64_t corner = firstRow * pool->targetColumns + firstColumn;
          UNROLL for (int r = 0; r < 3; r++) {
            UNROLL for (int c = 0; c < 3; c++) {
              int64_t place = corner + r * pool->targetColumns + c;
              sum = NAME(fma)(NAME(load)(dy + place * LANE_COUNT), (VECTOR)shares[place], sum);
            }
          }
        } else {
          for (int64_t r = firstRow; r < endRow; r++)
            for (int64_t c = firstColumn; c < endColumn; c++) {
              int64_t place = r * pool->targetColumns + c;
              sum = NAME(fma)(NAME(load)(dy + place * LANE_COUNT), (VECTOR)shares[place], sum);
            }
        }
        NAME(store)(dx, sum);
        dx += LANE_COUNT;
      }
    }
    dy += pool->targetRows * pool->targetColumns * LANE_COUNT;
  }
  free(shares);
}

static void NAME(maxPool)(const LanePooling *pool, const SCALAR *x, SCALAR *y) {
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t r = 0; r < pool->targetRows; r++)
      for (int64_t c = 0; c < pool->targetColumns; c++) {
        NAME(Window) w = NAME(window)(pool, r, c);
        VECTOR best = NAME(load)(x + (w.firstRow * pool->sourceColumns + w.firstColumn) * LANE_COUNT);
        for (int64_t i = w.firstRow; i < w.endRow; i++)
          for (int64_t j = w.firstColumn; j < w.endColumn; j++) {
            VECTOR value = NAME(load)(x + (i * pool->sourceColumns + j) * LANE_COUNT);
            best = NAME(selectVector)((value > best) | (value != value), value, best);
          }
        NAME(store)(y, best);
        y += LANE_COUNT;
      }
    x += pool->sourceRows * pool->sourceColumns * LANE_COUNT;
  }
}

static void NAME(maxPoolBackward)(const LanePooling *pool, const SCALAR *x, const SCALAR *y, const SCALAR *dy,
                                  SCALAR *dx) {
  const VECTOR zero = (VECTOR)(SCALAR)0;
  for (int64_t channel = 0; channel < pool->channels; channel++) {
    for (int64_t r = 0; r < pool->targetRows; r++)
      for (int64_t c = 0; c < pool->targetColumns; c++) {
        NAME(Window) w = NAME(window)(pool, r, c);
        VECTOR best = NAME(load)(y), gradient = NAME(load)(dy);
        MASK open = zero == zero;
        for (int64_t i = w.firstRow; i < w.endRow; i++)
          for (int64_t j = w.firstColumn; j < w.endColumn; j++) {
            int64_t place = (i * pool->sourceColumns + j) * LANE_COUNT;
            MASK hit = open & (NAME(load)(x + place) == best);
            NAME(store)(dx + place, NAME(load)(dx + place) + NAME(selectVector)(hit, gradient, zero));
            open &= ~hit;
          }
        y += LANE_COUNT;
        dy += LANE_COUNT;
      }
    x += pool->sourceRows * pool->sourceColumns * LANE_COUNT;
    dx += pool->sourceRows * pool->sourceColumns * LANE_COUNT;
  }
}
