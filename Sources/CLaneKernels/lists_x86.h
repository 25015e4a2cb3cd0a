// Lists of active positions, eight at a time, with AVX2. Included before variant.h by the variants that have it.

// For each set of eight places, those in it one after another, a byte each.
#define PLACE(set, i)                                                                                                  \
  ((set) >> (i) & 1 ? (uint64_t)(i) << 8 * __builtin_popcount((set) & ((1u << (i)) - 1)) : 0)
#define PLACES(set)                                                                                                    \
  (PLACE(set, 0) | PLACE(set, 1) | PLACE(set, 2) | PLACE(set, 3) | PLACE(set, 4) | PLACE(set, 5) | PLACE(set, 6)       \
   | PLACE(set, 7))
#define PLACES_4(set) PLACES((set)), PLACES((set) + 1), PLACES((set) + 2), PLACES((set) + 3)
#define PLACES_16(set) PLACES_4((set)), PLACES_4((set) + 4), PLACES_4((set) + 8), PLACES_4((set) + 12)
#define PLACES_64(set) PLACES_16((set)), PLACES_16((set) + 16), PLACES_16((set) + 32), PLACES_16((set) + 48)
static const uint64_t placesOfSet[256] = {PLACES_64(0u), PLACES_64(64u), PLACES_64(128u), PLACES_64(192u)};
#undef PLACE
#undef PLACES
#undef PLACES_4
#undef PLACES_16
#undef PLACES_64

// Appends those of eight values that are not zero, each with its offset, the first one's and `step` more for each place;
// returns how many. All eight places are written.
static inline __attribute__((always_inline)) int64_t listEight(const float *x, uint32_t offset, uint32_t step,
                                                               void *positions) {
  const __m256i bits = _mm256_loadu_si256((const __m256i *)x), zero = _mm256_setzero_si256();
  // A zero of either sign has no bit but the sign's.
  const __m256i isZero = _mm256_cmpeq_epi32(_mm256_add_epi32(bits, bits), zero);
  const uint32_t set = ~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(isZero)) & 0xFF;
  const __m256i places = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)placesOfSet[set]));
  const __m256i values = _mm256_permutevar8x32_epi32(bits, places);
  const __m256i offsets =
    _mm256_add_epi32(_mm256_set1_epi32((int)offset), _mm256_mullo_epi32(places, _mm256_set1_epi32((int)step)));
  const __m256i first = _mm256_unpacklo_epi32(values, offsets), last = _mm256_unpackhi_epi32(values, offsets);
  _mm256_storeu_si256((__m256i *)positions, _mm256_permute2x128_si256(first, last, 0x20));
  _mm256_storeu_si256((__m256i *)positions + 1, _mm256_permute2x128_si256(first, last, 0x31));
  return __builtin_popcount(set);
}
#define SINGLE_LIST_EIGHT listEight
