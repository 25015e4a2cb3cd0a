// Sums of shifted arrays of doubles: what convolutions and poolings are to kernels of infinitely wide networks.

typedef double HalfDouble __attribute__((ext_vector_type(8), aligned(8)));

static void sumRuns(
  const LaneRunSum *sum, const LaneRun *runs, const double *source, const double *addend, double *target) {
  for (int64_t r = 0; r < sum->runs; r++) {
    const double *in = source + runs[r].source * sum->lanes, *other = addend ? addend + runs[r].target * sum->lanes : NULL;
    double *out = target + runs[r].target * sum->lanes;
    const int64_t length = runs[r].length * sum->lanes;
    const double factor = sum->factor * runs[r].factor, constant = sum->constant, share = sum->addendFactor;
    int64_t i = 0;
    for (; i + LANE_COUNT <= length; i += LANE_COUNT) {
      LaneDouble total = 0.0;
      for (int64_t t = 0; t < sum->terms; t++) total += loadLoose(in + sum->term[t] * sum->lanes + i);
      total = fmaDual(total, (LaneDouble)factor, (LaneDouble)constant);
      if (other) total = fmaDual(loadLoose(other + i), (LaneDouble)share, total);
      storeLoose(out + i, total);
    }
    // Eight at a time, the last ones overlapping what is done: a number comes out the same however often it is made.
    while (i < length && length >= 8) {
      if (i + 8 > length) i = length - 8;
      HalfDouble total = 0.0;
      for (int64_t t = 0; t < sum->terms; t++) total += *(const HalfDouble *)(in + sum->term[t] * sum->lanes + i);
      total = __builtin_elementwise_fma(total, (HalfDouble)factor, (HalfDouble)constant);
      if (other) total = __builtin_elementwise_fma(*(const HalfDouble *)(other + i), (HalfDouble)share, total);
      *(HalfDouble *)(out + i) = total;
      i += 8;
    }
    for (; i < length; i++) {
      double total = 0.0;
      for (int64_t t = 0; t < sum->terms; t++) total += in[sum->term[t] * sum->lanes + i];
      total = __builtin_fma(total, factor, constant);
      out[i] = other ? __builtin_fma(other[i], share, total) : total;
    }
  }
}

static void sumProducts(
  int64_t rows, int64_t length, int64_t terms, double factor, const double *first, int64_t firstStride,
  const double *second, int64_t secondStride, int64_t secondRow, double *target) {
  for (int64_t row = 0; row < rows; row++) {
    const double *v = second + row * secondRow;
    double *out = target + row * length;
    int64_t i = 0;
    for (; i + LANE_COUNT <= length; i += LANE_COUNT) {
      LaneDouble total = 0.0;
      for (int64_t t = 0; t < terms; t++)
        total = fmaDual((LaneDouble)first[t * firstStride + row], loadLoose(v + t * secondStride + i), total);
      storeLoose(out + i, total * factor);
    }
    for (; i < length; i++) {
      double total = 0.0;
      for (int64_t t = 0; t < terms; t++) total = __builtin_fma(first[t * firstStride + row], v[t * secondStride + i], total);
      out[i] = total * factor;
    }
  }
}

typedef double QuarterDouble __attribute__((ext_vector_type(4), aligned(8)));

// Four samples' four numbers at a time, which fit any machine's registers.
LANE_INLINE void gatherQuarter(const double *source, int64_t stride, double *target) {
  QuarterDouble a = *(const QuarterDouble *)source, b = *(const QuarterDouble *)(source + stride),
                c = *(const QuarterDouble *)(source + 2 * stride), d = *(const QuarterDouble *)(source + 3 * stride);
  QuarterDouble evenFirst = __builtin_shufflevector(a, b, 0, 4, 2, 6), oddFirst = __builtin_shufflevector(a, b, 1, 5, 3, 7);
  QuarterDouble evenLast = __builtin_shufflevector(c, d, 0, 4, 2, 6), oddLast = __builtin_shufflevector(c, d, 1, 5, 3, 7);
  *(QuarterDouble *)target = __builtin_shufflevector(evenFirst, evenLast, 0, 1, 4, 5);
  *(QuarterDouble *)(target + LANE_COUNT) = __builtin_shufflevector(oddFirst, oddLast, 0, 1, 4, 5);
  *(QuarterDouble *)(target + 2 * LANE_COUNT) = __builtin_shufflevector(evenFirst, evenLast, 2, 3, 6, 7);
  *(QuarterDouble *)(target + 3 * LANE_COUNT) = __builtin_shufflevector(oddFirst, oddLast, 2, 3, 6, 7);
}

static void gatherSamples(int64_t samples, int64_t numbers, const double *source, int64_t stride, double *target) {
  // Samples are often a power of two apart, so that few of their numbers fit the cache at once: along each four samples.
  const int64_t whole = samples == LANE_COUNT ? numbers / 4 * 4 : 0;
  if (whole > 0) {
    for (int i = 0; i < LANE_COUNT; i += 4) {
      for (int64_t k = 0; k < whole; k += 4)
        gatherQuarter(source + i * stride + k, stride, target + k * LANE_COUNT + i);
    }
  }
  for (int64_t k = whole; k < numbers; k++)
    for (int64_t i = 0; i < LANE_COUNT; i++) target[k * LANE_COUNT + i] = i < samples ? source[i * stride + k] : 0.0;
}
