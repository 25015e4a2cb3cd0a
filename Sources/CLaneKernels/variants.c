#include "lanekernels.h"

#if defined(__x86_64__)
extern const LaneVariant laneVariantAVX512, laneVariantAVX2;
#endif
extern const LaneVariant laneVariantPortable;

static const LaneVariant *const variants[] = {
#if defined(__x86_64__)
  &laneVariantAVX512, &laneVariantAVX2,
#endif
  &laneVariantPortable,
};
int laneVariantCount(void) { return sizeof variants / sizeof variants[0]; }

const LaneVariant *laneVariant(int index) { return variants[index]; }

void lanePhilox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};
  for (int round = 0; round < 10; round++) {
    uint64_t product0 = (uint64_t)0xD2511F53u * c[0], product1 = (uint64_t)0xCD9E8D57u * c[2];
    uint32_t next[4] = {
      (uint32_t)(product1 >> 32) ^ c[1] ^ k[0], (uint32_t)product1,
      (uint32_t)(product0 >> 32) ^ c[3] ^ k[1], (uint32_t)product0,
    };
    for (int i = 0; i < 4; i++) c[i] = next[i];
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
  for (int i = 0; i < 4; i++) out[i] = c[i];
}
