#if defined(__x86_64__)
#define VARIANT laneVariantAVX512
#define VARIANT_NAME "AVX-512"

#include "tiles_avx512.h"
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

static bool isSupported(void) { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma"); }

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"), min_vector_width(512))), apply_to = function)
#include "lists_x86.h"
#include "variant.h"
#pragma clang attribute pop
#endif
