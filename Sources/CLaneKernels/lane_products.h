// Inner products of many vectors with one another: their numbers packed in panels, [panel][number][sample] with as many
// samples as a register holds, and multiplied out tile by tile (Goto & van de Geijn 2008).
// Included by lane_kernels.h once for each scalar type.

typedef SCALAR NAME(Quarter) __attribute__((ext_vector_type(4), aligned(sizeof(SCALAR))));
typedef double NAME(ProductSums) __attribute__((ext_vector_type(NAME(registerScalars)), aligned(8)));

// The most panels that one tile has columns of.
#define PRODUCT_PANELS 3

static void NAME(packSamples)(int64_t samples, int64_t numbers, const double *source, int64_t stride, SCALAR *panel) {
  const int width = NAME(registerScalars);
  // Samples are often a power of two apart, so that few of their numbers fit the cache at once: along each four samples.
  const int64_t whole = samples == width && width % 4 == 0 ? numbers / 4 * 4 : 0;
  if (whole > 0) {
    UNROLL for (int i = 0; i < width / 4 * 4; i += 4) {
      for (int64_t k = 0; k < whole; k += 4) {
        TransposedQuarter quarter = transposeQuarter(source + i * stride + k, stride);
        UNROLL for (int j = 0; j < 4; j++)
          *(NAME(Quarter) *)(panel + (k + j) * width + i) = __builtin_convertvector(quarter.row[j], NAME(Quarter));
      }
    }
  }
  for (int64_t k = whole; k < numbers; k++)
    for (int i = 0; i < width; i++) panel[k * width + i] = i < samples ? (SCALAR)source[i * stride + k] : (SCALAR)0;
}

// One number of the rows' samples (broadcast) times one of each panel. Kept in this order, a tile takes as many registers
// as there are: read ahead, some of its sums would be kept in memory.
LANE_INLINE void NAME(productStep)(const SCALAR *a, const SCALAR *b, const int panels, int64_t panelStride,
                                 REGISTER sum[PRODUCT_ROWS][PRODUCT_PANELS]) {
  REGISTER value[PRODUCT_PANELS];
  UNROLL for (int j = 0; j < panels; j++) {
    value[j] = NAME(loadPart)(b + j * panelStride);
    HOLD_IN_REGISTER(value[j]);
  }
  UNROLL for (int i = 0; i < PRODUCT_ROWS; i++) {
    REGISTER scalar = (REGISTER)a[i];
    HOLD_IN_REGISTER(scalar);
    UNROLL for (int j = 0; j < panels; j++) sum[i][j] = __builtin_elementwise_fma(scalar, value[j], sum[i][j]);
  }
}

LANE_INLINE void NAME(productTile)(int64_t numbers, const SCALAR *a, const SCALAR *b, const int panels,
                                 int64_t panelStride, double factor, double *out, int64_t outStride) {
  const int width = NAME(registerScalars);
  REGISTER sum[PRODUCT_ROWS][PRODUCT_PANELS];
  UNROLL for (int i = 0; i < PRODUCT_ROWS; i++) {
    __builtin_prefetch(out + i * outStride, 1);
    __builtin_prefetch(out + i * outStride + panels * width - 1, 1);
    UNROLL for (int j = 0; j < panels; j++) sum[i][j] = (REGISTER)(SCALAR)0;
  }
  if (panels == PRODUCT_PANELS) {
    _Pragma("clang loop unroll(disable)") for (int64_t p = 0; p < numbers; p++)
      NAME(productStep)(a + p * width, b + p * width, panels, panelStride, sum);
  } else {
    _Pragma("clang loop unroll_count(4)") for (int64_t p = 0; p < numbers; p++)
      NAME(productStep)(a + p * width, b + p * width, panels, panelStride, sum);
  }
  UNROLL for (int i = 0; i < PRODUCT_ROWS; i++) {
    UNROLL for (int j = 0; j < panels; j++) {
      NAME(ProductSums) *place = (NAME(ProductSums) *)(out + i * outStride + j * width);
      *place = __builtin_elementwise_fma(
        __builtin_convertvector(sum[i][j], NAME(ProductSums)), (NAME(ProductSums))factor, *place);
    }
  }
}

static void NAME(multiplySamples)(int64_t numbers, const SCALAR *a, int64_t aPanels, const SCALAR *b, int64_t bPanels,
                                 int64_t panelStride, double factor, double *out, int64_t outStride) {
  const int width = NAME(registerScalars);
  for (int64_t first = 0; first < bPanels;) {
    // Four are twice two: one alone would leave most registers idle.
    const int64_t left = bPanels - first;
    const int64_t taken = left == 3 || left > 4 ? 3 : left == 1 ? 1 : 2;
    for (int64_t panel = 0; panel < aPanels; panel++) {
      for (int row = 0; row < width; row += PRODUCT_ROWS) {
        const SCALAR *rows = a + panel * panelStride + row, *columns = b + first * panelStride;
        double *place = out + (panel * width + row) * outStride + first * width;
        switch (taken) {
        case 3: NAME(productTile)(numbers, rows, columns, 3, panelStride, factor, place, outStride); break;
        case 2: NAME(productTile)(numbers, rows, columns, 2, panelStride, factor, place, outStride); break;
        default: NAME(productTile)(numbers, rows, columns, 1, panelStride, factor, place, outStride); break;
        }
      }
    }
    first += taken;
  }
}
#undef PRODUCT_PANELS
