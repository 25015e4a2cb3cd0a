// What a machine can do at most on this variant's registers. Included by variant.h.

// Independent chains of fused multiply–adds that stay in registers; returns the floating-point operations done.
#define BURST(name, VECTOR, SCALAR, fma, CHAINS)                                                             \
  static double name(int64_t iterations) {                                                                   \
    VECTOR chain[CHAINS];                                                                                    \
    VECTOR factor = (SCALAR)0.999999, offset = (SCALAR)1e-6;                                                 \
    /* None starts at 1, which stays what it is, so that its products would be optimised away. */            \
    for (int c = 0; c < CHAINS; c++) chain[c] = (SCALAR)(c + 2);                                             \
    for (int64_t i = 0; i < iterations; i++) {                                                               \
      UNROLL for (int c = 0; c < CHAINS; c++) chain[c] = fma(chain[c], factor, offset);                      \
    }                                                                                                        \
    VECTOR total = chain[0];                                                                                 \
    for (int c = 1; c < CHAINS; c++) total += chain[c];                                                      \
    /* The sum decides a term that is always zero, so that the chains cannot be optimised away. */           \
    return 2.0 * LANE_COUNT * CHAINS * (double)iterations + (total[0] == (SCALAR)-1 ? 1.0 : 0.0);            \
  }
BURST(fusedMultiplyAddBurst, LaneFloat, float, fmaSingle, BURST_CHAINS)
BURST(fusedMultiplyAddBurstDual, LaneDouble, double, fmaDual, DUAL_BURST_CHAINS)
#undef BURST

// Reads vectors once and adds them up, with enough sums under way to hide an addition's latency.
static float readBurst(int64_t vectors, const float *x) {
  enum { sums = 8 };
  LaneFloat sum[sums];
  for (int s = 0; s < sums; s++) sum[s] = 0.0f;
  for (int64_t v = 0; v + sums <= vectors; v += sums) {
    UNROLL for (int s = 0; s < sums; s++) sum[s] += *(const LaneFloat *)(x + (v + s) * LANE_COUNT);
  }
  for (int s = 1; s < sums; s++) sum[0] += sum[s];
  float total = 0;
  for (int lane = 0; lane < LANE_COUNT; lane++) total += sum[0][lane];
  return total;
}
