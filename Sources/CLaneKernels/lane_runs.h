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
