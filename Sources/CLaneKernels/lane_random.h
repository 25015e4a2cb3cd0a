// Normal numbers from Philox4x32-10 by Box–Muller. Each counter block gives four: (r₀ cos, r₀ sin, r₁ cos, r₁ sin)
// from its words (0, 1) and (2, 3). The radius uses 23 bits: normals reach ±5.77.

typedef uint64_t LanePairs __attribute__((ext_vector_type(8)));

// Elements, or pairs of them, of two vectors by turns, from element i of each on.
#define INTERLEAVED(a, b, i)                                                                                           \
  __builtin_shufflevector(a, b, i, i + 16, i + 1, i + 17, i + 2, i + 18, i + 3, i + 19, i + 4, i + 20, i + 5, i + 21, \
                          i + 6, i + 22, i + 7, i + 23)
#define INTERLEAVED_PAIRS(a, b, i)                                                                                     \
  __builtin_shufflevector(a, b, i, i + 1, i + 16, i + 17, i + 2, i + 3, i + 18, i + 19, i + 4, i + 5, i + 20, i + 21, \
                          i + 6, i + 7, i + 22, i + 23)

// The high and low halves of sixteen products with one factor. Machines multiply every other 32-bit word to 64 bits, so
// the even and the odd words go separately and come together again.
LANE_INLINE void multiplyWide(LaneUInt32 x, uint64_t factor, LaneUInt32 *high, LaneUInt32 *low) {
  const LanePairs lower = (LanePairs)0xFFFFFFFFull;
  LanePairs even = ((LanePairs)x & lower) * factor, odd = ((LanePairs)x >> 32) * factor;
  *high = (LaneUInt32)((even >> 32) | (odd & ~lower));
  *low = (LaneUInt32)((even & lower) | (odd << 32));
}

LANE_INLINE void philoxLanes(LaneUInt32 counter[4], LaneUInt32 key0, LaneUInt32 key1) {
  UNROLL for (int round = 0; round < 10; round++) {
    LaneUInt32 high0, low0, high1, low1;
    multiplyWide(counter[0], 0xD2511F53u, &high0, &low0);
    multiplyWide(counter[2], 0xCD9E8D57u, &high1, &low1);
    counter[0] = high1 ^ counter[1] ^ key0;
    counter[1] = low1;
    counter[2] = high0 ^ counter[3] ^ key1;
    counter[3] = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

LANE_INLINE LaneFloat boxMullerRadius(LaneUInt32 word) {
  LaneFloat u = (__builtin_convertvector((LaneInt32)(word >> 9), LaneFloat) + 0.5f) * 0x1p-23f;
  LaneInt32 bits = (LaneInt32)u;
  LaneInt32 k = (bits - 0x3f3504f3) >> 23;
  LaneFloat m = (LaneFloat)(bits - (k << 23));
  LaneFloat s = (m - 1.0f) / (m + 1.0f), z = s * s;
  LaneFloat p = 1.0f / 9.0f;
  p = fmaSingle(p, z, (LaneFloat)(1.0f / 7.0f));
  p = fmaSingle(p, z, (LaneFloat)(1.0f / 5.0f));
  p = fmaSingle(p, z, (LaneFloat)(1.0f / 3.0f));
  LaneFloat twice = s + s;
  LaneFloat logarithm =
    fmaSingle(__builtin_convertvector(k, LaneFloat), (LaneFloat)0.693147181f, fmaSingle(twice * z, p, twice));
  return __builtin_elementwise_sqrt(-2.0f * logarithm);
}

LANE_INLINE void boxMullerPair(LaneUInt32 radiusWord, LaneUInt32 angleWord, LaneFloat *first, LaneFloat *second) {
  LaneFloat radius = boxMullerRadius(radiusWord);
  // Quarter turns in [-2, 2); the nearest whole one is a quadrant, the rest an angle of at most π/4.
  LaneFloat turns = __builtin_convertvector((LaneInt32)angleWord, LaneFloat) * 0x1p-30f;
  LaneFloat shifted = turns + 12582912.0f;
  LaneInt32 quadrant = (LaneInt32)shifted;
  LaneFloat a = (turns - (shifted - 12582912.0f)) * 1.57079633f, z = a * a;
  LaneFloat s = 1.0f / 362880.0f;
  s = fmaSingle(s, z, (LaneFloat)(-1.0f / 5040.0f));
  s = fmaSingle(s, z, (LaneFloat)(1.0f / 120.0f));
  s = fmaSingle(s, z, (LaneFloat)(-1.0f / 6.0f));
  s = fmaSingle(s * z, a, a);
  LaneFloat c = -1.0f / 3628800.0f;
  c = fmaSingle(c, z, (LaneFloat)(1.0f / 40320.0f));
  c = fmaSingle(c, z, (LaneFloat)(-1.0f / 720.0f));
  c = fmaSingle(c, z, (LaneFloat)(1.0f / 24.0f));
  c = fmaSingle(c, z, (LaneFloat)-0.5f);
  c = fmaSingle(c, z, (LaneFloat)1.0f);
  LaneInt32 odd = -(quadrant & 1);
  LaneInt32 sineSign = (quadrant & 2) << 30, cosineSign = ((quadrant + 1) & 2) << 30;
  LaneFloat sine = (LaneFloat)((LaneInt32)selectSingle(odd, c, s) ^ sineSign);
  LaneFloat cosine = (LaneFloat)((LaneInt32)selectSingle(odd, s, c) ^ cosineSign);
  *first = radius * cosine;
  *second = radius * sine;
}

// (n₀, n₁, n₂, n₃) of each lane, one lane after another.
LANE_INLINE void storeInterleaved(const LaneFloat n[4], float *out) {
  UNROLL for (int h = 0; h < 2; h++) {
    LaneFloat first = h == 0 ? INTERLEAVED(n[0], n[1], 0) : INTERLEAVED(n[0], n[1], 8);
    LaneFloat second = h == 0 ? INTERLEAVED(n[2], n[3], 0) : INTERLEAVED(n[2], n[3], 8);
    LaneFloat low = INTERLEAVED_PAIRS(first, second, 0), high = INTERLEAVED_PAIRS(first, second, 8);
    memcpy(out + 32 * h, &low, sizeof low);
    memcpy(out + 32 * h + 16, &high, sizeof high);
  }
}

// Fills `out` from four numbers a counter block, sixteen blocks at a time.
LANE_INLINE void fillFromPhilox(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, float *out,
                                const bool normal) {
  const LaneUInt64 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  uint64_t block = first / 4;
  int64_t skip = (int64_t)(first % 4);
  float numbers[64];
  while (count > 0) {
    LaneUInt64 index = lane + block;
    LaneUInt32 counter[4] = {
      __builtin_convertvector(index, LaneUInt32), __builtin_convertvector(index >> 32, LaneUInt32),
      (LaneUInt32)(uint32_t)stream, (LaneUInt32)(uint32_t)(stream >> 32),
    };
    philoxLanes(counter, (LaneUInt32)(uint32_t)seed, (LaneUInt32)(uint32_t)(seed >> 32));
    LaneFloat n[4];
    if (normal) {
      boxMullerPair(counter[0], counter[1], &n[0], &n[1]);
      boxMullerPair(counter[2], counter[3], &n[2], &n[3]);
    } else {
      UNROLL for (int j = 0; j < 4; j++)
        n[j] = (__builtin_convertvector((LaneInt32)(counter[j] >> 8), LaneFloat) - 8388607.5f) * 0x1p-23f;
    }
    // Whole counter blocks go straight to their place.
    const bool isWhole = skip == 0 && count >= 64;
    storeInterleaved(n, isWhole ? out : numbers);
    int64_t taken = 64 - skip < count ? 64 - skip : count;
    if (!isWhole) memcpy(out, numbers + skip, (size_t)taken * sizeof(float));
    out += taken;
    count -= taken;
    block += 16;
    skip = 0;
  }
}

static void fillNormals(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, float *out) {
  fillFromPhilox(seed, stream, first, count, out, true);
}

static void fillUniforms(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, float *out) {
  fillFromPhilox(seed, stream, first, count, out, false);
}
