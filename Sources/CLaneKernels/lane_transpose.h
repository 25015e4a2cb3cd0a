// Transposes of doubles, four by four: what fits any machine's registers.

typedef double QuarterDouble __attribute__((ext_vector_type(4), aligned(8)));

typedef struct {
  QuarterDouble row[4];
} TransposedQuarter;

// Four numbers of each of four rows, side by side.
LANE_INLINE TransposedQuarter transposeQuarter(const double *source, int64_t stride) {
  QuarterDouble a = *(const QuarterDouble *)source, b = *(const QuarterDouble *)(source + stride),
                c = *(const QuarterDouble *)(source + 2 * stride), d = *(const QuarterDouble *)(source + 3 * stride);
  QuarterDouble evenFirst = __builtin_shufflevector(a, b, 0, 4, 2, 6), oddFirst = __builtin_shufflevector(a, b, 1, 5, 3, 7);
  QuarterDouble evenLast = __builtin_shufflevector(c, d, 0, 4, 2, 6), oddLast = __builtin_shufflevector(c, d, 1, 5, 3, 7);
  return (TransposedQuarter){{
    __builtin_shufflevector(evenFirst, evenLast, 0, 1, 4, 5), __builtin_shufflevector(oddFirst, oddLast, 0, 1, 4, 5),
    __builtin_shufflevector(evenFirst, evenLast, 2, 3, 6, 7), __builtin_shufflevector(oddFirst, oddLast, 2, 3, 6, 7),
  }};
}

static void transpose(
  int64_t rows, int64_t columns, const double *source, int64_t sourceStride, double *target, int64_t targetStride) {
  const int64_t wholeRows = rows / 4 * 4, wholeColumns = columns / 4 * 4;
  // Along the target's rows, so that each of its lines is written at once.
  for (int64_t column = 0; column < wholeColumns; column += 4) {
    for (int64_t row = 0; row < wholeRows; row += 4) {
      TransposedQuarter quarter = transposeQuarter(source + row * sourceStride + column, sourceStride);
      UNROLL for (int i = 0; i < 4; i++)
        *(QuarterDouble *)(target + (column + i) * targetStride + row) = quarter.row[i];
    }
  }
  for (int64_t column = 0; column < columns; column++) {
    for (int64_t row = column < wholeColumns ? wholeRows : 0; row < rows; row++)
      target[column * targetStride + row] = source[row * sourceStride + column];
  }
}
