#include "lanekernels.h"

/// The kernels with AVX-512's register tiles, compiled for narrower registers: so that a machine without AVX-512 tests
/// them too. Slow, but the same loops and the same bits.
const LaneVariant *wideTileVariant(void);
