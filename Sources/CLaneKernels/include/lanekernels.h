// The micro-kernels of the finite-width engine, in the lane layout: values stand as [block][channel][row][column]
// [lane], sixteen samples to a block, so that every operation is a loop over scalars times lanes.
//
// Each kernel exists for float and double and in three variants (AVX-512, AVX2 with FMA, portable). All variants give
// the same bits: every lane sees the same operations in the same order, every multiply–add is fused, and no function
// of the C library takes part.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Samples in a block.
#define LANE_COUNT 16

/// Elementwise functions; `parameter` is leaky ReLU's slope.
typedef enum {
  LaneActivationRelu,
  LaneActivationLeakyRelu,
  LaneActivationElu,
  LaneActivationGelu,
  LaneActivationGeluTanh,
  LaneActivationSilu,
  LaneActivationHardSwish,
  LaneActivationTanh,
  LaneActivationErf,
  LaneActivationSigmoid,
  LaneActivationSoftplus,
  LaneActivationSin,
  LaneActivationAbs,
} LaneActivation;

/// A correlation of one block: for every target position (r, c) and target channel o
///   target[o][r][c] (+)= Σ_s Σ_t weights[o][s][t] · source[s][r·rowStep + tapRow[t]][c·columnStep + tapColumn[t]]
/// with sources outside the map counting as zero. Convolutions forward and backward, and dense layers (positions =
/// blocks), are this. All strides count vectors of sixteen lanes.
typedef struct {
  int64_t targetChannels, targetRows, targetColumns;
  int64_t targetChannelStride, targetRowStride, targetColumnStride;
  int64_t sourceChannels, sourceRows, sourceColumns;
  int64_t sourceChannelStride, sourceRowStride, sourceColumnStride;
  int64_t rowStep, columnStep;
  int64_t taps;
  const int32_t *tapRow, *tapColumn;
  /// Scalars between the weights of neighbouring target channels and source channels, and from a pair's first
  /// weight to each tap's.
  int64_t weightTargetStride, weightSourceStride;
  const int32_t *tapWeight;
  /// Add to what the target holds instead of overwriting it.
  bool accumulate;
} LaneCorrelation;

/// Per-sample weight gradients of a convolution over one block:
///   gradient[o][s][t] += Σ_(r,c) outputGradient[o][r][c] · source[s][r·stride + tapRow[t]][c·stride + tapColumn[t]]
/// for o in firstTarget..<firstTarget+targets, over target rows firstRow..<endRow. `gradient` holds
/// [targets][sources][taps] vectors.
typedef struct {
  int64_t targets, targetColumns;
  int64_t targetChannelStride, targetRowStride;
  int64_t firstRow, endRow;
  int64_t sources, sourceRows, sourceColumns;
  int64_t sourceChannelStride, sourceRowStride;
  int64_t stride, dilation, padding;
  int64_t kernelHeight, kernelWidth;
} LaneWeightGradient;

/// Source channels whose positions `weightGradientOfSample` lists at a time.
enum { laneSampleSources = 16 };

/// What `weightGradientOfSample` reads and how it goes about it. By shape alone: sums depend on it.
typedef struct {
  /// Rows and columns around each target channel that may be read, and must hold zeros: none where no tap leaves the map.
  int64_t topRows, bottomRows, leftColumns, rightColumns;
  /// Target rows of a strip, whose gradients stay in cache while all source channels pass over them, and the positions of
  /// a source channel that meet a tap there, at most.
  int64_t stripRows, stripPositions;
  /// Vectors of scratch.
  int64_t scratch;
} LaneSampleGradient;
LaneSampleGradient laneSampleGradient(const LaneWeightGradient *);

/// Memory that will be read or written soon.
typedef struct {
  const void *start;
  int64_t bytes;
} LaneUpcoming;

/// A matrix of scalars times columns of vectors: target[c][o] (+)= Σ_s weights[o][s] · source[c][s]. Strides between
/// columns count vectors; within a column the channels stand one after another.
typedef struct {
  int64_t targets, sources, columns;
  /// Scalars between the weights of neighbouring targets and sources; one of the two is 1.
  int64_t weightTargetStride, weightSourceStride;
  int64_t sourceColumnStride, targetColumnStride;
  /// Add to what the target holds instead of overwriting it.
  bool accumulate;
} LaneProduct;

/// How much of the weights a product holds packed at a time, and so the scalars of its scratch: targets × sources.
#define PACKED_TARGETS 64
#define PACKED_SCALARS (PACKED_TARGETS * 128)

/// Positions that a 1 × 1 convolution multiplies at a time, and the scalars of memory that each call of `correlate` takes
/// for it: packed weights and a strip of sources.
enum {
  lanePointwiseStrip = 32,
  lanePointwiseScratch = PACKED_SCALARS + PACKED_SCALARS / PACKED_TARGETS * lanePointwiseStrip * 16,
};

/// A convolution with 3 × 3 kernels, stride one and no dilation, over a rectangle of one block's targets.
/// Target position (r, c) reads the source from (r − padding, c − padding). Strides count vectors; the positions of a
/// target channel are contiguous.
typedef struct {
  int64_t targetChannels, targetRows, targetColumns, targetChannelStride;
  int64_t sourceChannels, sourceRows, sourceColumns, sourceChannelStride, sourceRowStride;
  int64_t padding;
  /// The rectangle of targets that is computed: multiples of four, or the end of the map. Weight gradients are of all.
  int64_t firstRow, endRow, firstColumn, endColumn;
  /// Add to what the target holds instead of overwriting it.
  bool accumulate;
} LaneWinograd;

/// Points of the transform of one tile along one axis.
#define WINOGRAD_POINTS 6
/// Rows of tiles of a strip, at most.
#define WINOGRAD_TILE_ROWS 2

/// How a map is cut so that the transforms of one piece stay in cache. By shape alone: sums depend on it.
typedef struct {
  /// Target rows, and tiles of four columns, of a strip.
  int64_t rows, tiles;
  /// Vectors of scratch.
  int64_t scratch;
} LaneWinogradStrip;

/// Vectors from one channel of a strip's transformed rows to the next, for so many rows × tiles: an odd number, since
/// channels a power of two apart would fight for the same cache sets.
static inline int64_t laneWinogradChannel(int64_t vectors) { return vectors | 1; }
/// Scalars from one point's transformed weights to the next: an odd number of vectors, for the same reason.
static inline int64_t laneWinogradPoint(int64_t targets, int64_t sources) {
  return laneWinogradChannel((targets * sources + LANE_COUNT - 1) / LANE_COUNT) * LANE_COUNT;
}
LaneWinogradStrip laneWinogradStrip(int64_t targets, int64_t sources, int64_t rows, int64_t columns);
LaneWinogradStrip laneWinogradGradientStrip(int64_t targets, int64_t sources, int64_t rows, int64_t columns);

/// Windows of `kernel` × `kernel` over maps of one block. Positions outside the map hold no value; an average divides
/// by kernel² all the same when `countsPadding`, else by the number of positions inside.
typedef struct {
  int64_t channels, targetRows, targetColumns, sourceRows, sourceColumns;
  int64_t kernel, stride, padding;
  bool countsPadding;
} LanePooling;

/// The kernels for one scalar type. Pointers to lane data are aligned to a vector.
#define LANE_KERNELS(Name, Scalar)                                                                                   \
  typedef struct {                                                                                                   \
    /** `bias` (one scalar a target channel) may be NULL; it is left out when accumulating. `mask` may be NULL, or    */ \
    /** stands as the target does, a scalar for a vector: where it is not positive a target's sum counts as 0, which  */ \
    /** is ReLU's backward pass; without `bias`. */                                                                   \
    void (*correlate)(const LaneCorrelation *, const Scalar *source, const Scalar *weights, const Scalar *bias,      \
                      const Scalar *mask, Scalar *target);                                                           \
    void (*weightGradient)(const LaneWeightGradient *, const Scalar *source, const Scalar *outputGradient,           \
                           Scalar *gradient);                                                                        \
    /** Scratch: PACKED_SCALARS, aligned to a vector. `bias` (one scalar a target) may be NULL; it is left out when */ \
    /** accumulating. */                                                                                             \
    void (*multiply)(const LaneProduct *, const Scalar *weights, const Scalar *bias, const Scalar *source,           \
                     Scalar *target, Scalar *scratch);                                                               \
    /** The weights of a LaneWinograd: transformed kernels, to be used on the same variant only; WINOGRAD_POINTS² */ \
    /** × `laneWinogradPoint` scalars. `isFlipped` turns each by half a turn. Targets may come in parts that start   */ \
    /** at multiples of sixteen: `weights` and `transformed` + sources · (first target) are then the part's, and     */ \
    /** `pointStride` that of all. */                                                                                \
    void (*winogradWeights)(int64_t targets, int64_t sources, int64_t pointStride, int64_t targetStride,             \
                            int64_t sourceStride, bool isFlipped, const Scalar *weights, Scalar *transformed);       \
    /** The same sums as `correlate`, rounded otherwise. Scratch as `laneWinogradStrip` says. */                     \
    void (*winogradCorrelate)(const LaneWinograd *, const Scalar *source, const Scalar *transformedWeights,          \
                              const Scalar *bias, Scalar *target, Scalar *scratch);                                  \
    /** The same sums as `weightGradient`, rounded otherwise: gradient[target][source][9] (+)= … over all rows. */   \
    /** Scratch as `laneWinogradGradientStrip` says. */                                                              \
    void (*winogradWeightGradient)(const LaneWinograd *, const Scalar *source, const Scalar *outputGradient,         \
                                   Scalar *gradient, Scalar *scratch);                                               \
    /** out[i·outStride + j] += factor · Σ_p a[p][i] b[p][j] for the 16 rows of one block of a and the 16 · blocks */ \
    /** columns of b; b's blocks are bBlockStride scalars apart. Partial sums over 512 p each are in Scalar. */      \
    void (*gram)(int64_t parameters, const Scalar *a, const Scalar *b, int64_t blocks, int64_t bBlockStride,         \
                 double factor, double *out, int64_t outStride);                                                     \
    /** Samples to a panel. */                                                                                       \
    int64_t panelSamples;                                                                                            \
    /** Packs up to `panelSamples` samples of `numbers` numbers, `stride` apart: panel[number][sample], rounded to */  \
    /** Scalar, zero without a sample. Panels are aligned to a vector, and to be used on the same variant only. */   \
    void (*packSamples)(int64_t samples, int64_t numbers, const double *source, int64_t stride, Scalar *panel);        \
    /** out[i·outStride + j] += factor · Σ_p a[p][i] b[p][j] for all samples i and j of the panels of a and of b, */  \
    /** `panelStride` scalars apart; the sum in Scalar and in order of p. */                                         \
    void (*multiplySamples)(int64_t numbers, const Scalar *a, int64_t aPanels, const Scalar *b, int64_t bPanels,     \
                            int64_t panelStride, double factor, double *out, int64_t outStride);                     \
    /** y = f(x). */                                                                                                 \
    void (*activate)(LaneActivation, Scalar parameter, int64_t vectors, const Scalar *x, Scalar *y);                 \
    /** dx (+)= dy · f′(x). */                                                                                       \
    void (*activateBackward)(LaneActivation, Scalar parameter, int64_t vectors, const Scalar *x, const Scalar *dy,   \
                             Scalar *dx, bool accumulate);                                                           \
    /** y = factor · x + offset (+ y when accumulate). */                                                            \
    void (*affine)(int64_t vectors, Scalar factor, Scalar offset, const Scalar *x, Scalar *y, bool accumulate);      \
    /** y (+)= a · b, vector by vector. */                                                                           \
    void (*product)(int64_t vectors, const Scalar *a, const Scalar *b, Scalar *y, bool accumulate);                  \
    /** sum[lane] += Σ (x − center), squares[lane] += Σ (x − center)² over the vectors, in double: for variances. */ \
    void (*moments)(int64_t vectors, double center, const Scalar *x, double *sum, double *squares);                  \
    /** sum[lane] += Σ y, product[lane] += Σ x·y over the vectors: sixteen at a time in Scalar, those in double. */  \
    void (*dot)(int64_t vectors, const Scalar *x, const Scalar *y, double *sum, double *product);                    \
    /** sum[lane] += Σ x in the same way. */                                                                         \
    void (*sum)(int64_t vectors, const Scalar *x, double *sum);                                                      \
    /** sum[lane] += Σ_v weights[v] · x[v] over the vectors, in double. */                                           \
    void (*weightedSum)(int64_t vectors, const Scalar *weights, const Scalar *x, double *sum);                       \
    /** y (+)= factor · v, the same vector v everywhere. */                                                          \
    void (*spread)(int64_t vectors, Scalar factor, const Scalar *v, Scalar *y, bool accumulate);                     \
    /** The mean of each window. */                                                                                  \
    void (*averagePool)(const LanePooling *, const Scalar *x, Scalar *y);                                            \
    /** dx (+)= Σ over the windows that hold the position of dy / count. */                                          \
    void (*averagePoolBackward)(const LanePooling *, const Scalar *dy, Scalar *dx, bool accumulate);                 \
    /** The largest value of each window; a NaN in a window wins. */                                                 \
    void (*maxPool)(const LanePooling *, const Scalar *x, Scalar *y);                                                \
    /** dx += dy at the first position that holds the largest value of the window. */                                \
    void (*maxPoolBackward)(const LanePooling *, const Scalar *x, const Scalar *y, const Scalar *dy, Scalar *dx);    \
    /** Normalizes all `channels` × `positions` numbers of each lane together: y = (x − mean)·inverse·γ_c + β_c, */  \
    /** inverse = 1/√(variance + ε), biased variance; 0 beyond the first `lanes` lanes, where no variance must give  */ \
    /** no NaN. mean and inverse get one number a lane. */                                                           \
    void (*normalize)(int64_t channels, int64_t positions, int64_t lanes, double epsilon, const Scalar *gamma,       \
                      const Scalar *beta, const Scalar *x, Scalar *y, double *mean, double *inverse);                \
    /** dx (+)= inverse·(g − mean(g) − x̂·mean(g·x̂)), g = γ_c·dy, x̂ = (x − mean)·inverse. */                          \
    void (*normalizeBackward)(int64_t channels, int64_t positions, const double *mean, const double *inverse,        \
                              const Scalar *gamma, const Scalar *x, const Scalar *dy, Scalar *dx, bool accumulate);  \
    /** Of one sample and sixteen directions: x has a scalar where y has a vector. sum[lane] += Σ y, */              \
    /** product[lane] += Σ x·y in the way of `dot`. */                                                               \
    void (*dotOfSample)(int64_t vectors, const Scalar *x, const Scalar *y, double *sum, double *product);            \
    /** dx (+)= a·dy + b·x + c, with a vector b and a vector c (of any alignment) for all positions of a map; dx's   */ \
    /** rows are `rowStride` vectors apart, those of dy and x one after another. */                                  \
    void (*combineOfSample)(int64_t rows, int64_t columns, Scalar a, const Scalar *dy, const Scalar *b,              \
                            const Scalar *x, const Scalar *c, Scalar *dx, int64_t rowStride, bool accumulate);       \
    /** dx (+)= dy where y > 0: ReLU's backward pass. */                                                             \
    void (*rectifyOfSample)(int64_t vectors, const Scalar *y, const Scalar *dy, Scalar *dx, bool accumulate);        \
    /** Adds the sums of `weightGradient` over all target rows, with one sample's scalars as the source, in the first */\
    /** `lanes` lanes at least. Positions where the source is 0 are left out. `outputGradient` points to the first */\
    /** position of the first channel, which zeros must surround as far as `laneSampleGradient` says; it says what */\
    /** scratch is needed as well. The products leave memory idle: what is upcoming is fetched meanwhile, the first */\
    /** of it first, as far as there are products. */                                                                \
    void (*weightGradientOfSample)(const LaneWeightGradient *, int64_t lanes, const Scalar *source,                  \
                                   const Scalar *outputGradient, Scalar *gradient, Scalar *scratch,                  \
                                   const LaneUpcoming *upcoming, int64_t upcomingCount);                             \
    /** y[v] = x[v] in all lanes. */                                                                                 \
    void (*repeatLanes)(int64_t vectors, const Scalar *x, Scalar *y);                                                     \
    /** y[lane · vectors + v] = x[v · 16 + lane] of the first `lanes` lanes. */                                      \
    void (*separateSamples)(int64_t vectors, int64_t lanes, const Scalar *x, Scalar *y);                             \
    /** False when any of the first `lanes` lanes holds a number that is not finite. */                              \
    bool (*allFinite)(int64_t vectors, int64_t lanes, const Scalar *x);                                              \
  } Name;
LANE_KERNELS(LaneKernelsFloat, float)
LANE_KERNELS(LaneKernelsDouble, double)

/// Activations whose dual is known in closed form (see `GaussianDual`).
typedef enum { LaneDualPiecewiseLinear, LaneDualErf, LaneDualGelu, LaneDualSin } LaneDualKind;

/// Duals of `rows` × `length` covariances of which a row shares its first variable. Of each variable two numbers are
/// known, made of its variance q: √q and 1/√q (0 for q = 0) for piecewise linear functions, 1/√(1 + 2q) for erf, q
/// and 1/√(1 + q) for GELU, q/2 for sin; what is not needed is not read, but must be there.
typedef struct {
  LaneDualKind kind;
  /// Of a piecewise linear function: its slope below zero, φ′(0) E[φ′], and φ′(0)².
  double slope, derivativeOfZero, derivativeOfZeros;
  int64_t rows, length;
  /// Between rows of the second variables: 0 to repeat them.
  int64_t secondStride;
} LaneGaussianDual;

/// A layer of a chain on covariances K and Θ: K ← weight · K + bias and Θ ← weight · Θ + share · K + constant, of the new K;
/// then a dual, where there is one.
typedef struct {
  double weight, bias, share, constant;
  bool hasDual;
  /// Its rows and lengths do not count.
  LaneGaussianDual dual;
  /// What is known of every first and second variable, two numbers each.
  const double *first, *firstOther, *second, *secondOther;
} LaneChainLayer;

/// The pairs of `rows` neighbouring first variables, from number `first` on, and `length` second ones. Strides are
/// between rows.
typedef struct {
  int64_t rows, length, first, second;
  int64_t covarianceStride, targetStride;
} LaneChainTile;

/// Neighbouring numbers of a sum of shifted arrays, counted in groups of `lanes` numbers.
typedef struct {
  int64_t target, source, length;
  double factor;
} LaneRun;

/// The numbers that a sum of runs is made with: target = factor · run.factor · Σ_t source[run.source + terms[t]] +
/// constant + addendFactor · addend. The addend stands where the target does, and may be NULL.
typedef struct {
  int64_t lanes, runs, terms;
  const int64_t *term;
  double factor, constant, addendFactor;
} LaneRunSum;

/// One instruction-set variant.
typedef struct {
  const char *name;
  /// Whether this machine can run it.
  bool (*isSupported)(void);
  LaneKernelsFloat single;
  LaneKernelsDouble dual;
  /// covariance ← T and tangent ← tangent · Ṫ, in place; `tangent` may be NULL. `first` holds one number for each row; all
  /// other arrays are read, and the last two rewritten unchanged, up to fifteen numbers beyond their last row.
  void (*gaussianDual)(const LaneGaussianDual *, const double *first, const double *firstOther, const double *second,
                       const double *secondOther, double *covariance, double *tangent);
  /// The same of `count` variables with themselves, in place: covariances are variances. The last two arrays are read, and
  /// rewritten unchanged, up to fifteen numbers beyond their end.
  void (*gaussianDiagonal)(const LaneGaussianDual *, int64_t count, const double *numbers, const double *others,
                           double *variance, double *tangent);
  /// All layers of vectors, pair by pair, from the inner products of inputs to both kernels, Θ being zero before them;
  /// `tangent` may be NULL. All duals are of one kind. Covariances and numbers are read up to fifteen numbers beyond the end of
  /// a row, and targets written there.
  void (*gaussianChain)(const LaneChainLayer *, int64_t layers, const LaneChainTile *, const double *covariance,
                        double *kernel, double *tangent);
  /// Mehler's series: value = Σ_r a_r b_r ρ^r, derivative = Σ_r a′_r b′_r ρ^r, a and a′ one after the other in `first`,
  /// b and b′ in `second`. `terms` is a multiple of sixteen.
  void (*seriesDual)(int64_t terms, const double *first, const double *second, double rho, double *value,
                     double *derivative);
  /// Patch sums and averages. Source and target must not overlap.
  void (*sumRuns)(const LaneRunSum *, const LaneRun *, const double *source, const double *addend, double *target);
  /// target[row][i] = factor · Σ_t first[t·firstStride + row] · second[t·secondStride + row·secondRow + i].
  void (*sumProducts)(int64_t rows, int64_t length, int64_t terms, double factor, const double *first,
                      int64_t firstStride, const double *second, int64_t secondStride, int64_t secondRow,
                      double *target);
  /// target[column·targetStride + row] = source[row·sourceStride + column].
  void (*transpose)(int64_t rows, int64_t columns, const double *source, int64_t sourceStride, double *target,
                    int64_t targetStride);
  /// Normal numbers of a Philox4x32-10 stream: out[k] = normal number `first + k`, k < count.
  void (*fillNormals)(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, float *out);
  /// Numbers uniform in (-1, 1), never 0 or ±1, with 24 random bits each, of the same words.
  void (*fillUniforms)(uint64_t seed, uint64_t stream, uint64_t first, int64_t count, float *out);
  /// Runs independent chains of fused multiply–adds, `iterations` each, that stay in this variant's registers: what the
  /// machine's FMA peak is measured with. Returns the floating-point operations done. In single and double precision.
  double (*fusedMultiplyAddBurst)(int64_t iterations);
  double (*fusedMultiplyAddBurstDual)(int64_t iterations);
  /// Reads vectors of sixteen floats once, and returns a sum of them: what read bandwidth is measured with.
  float (*readBurst)(int64_t vectors, const float *x);
} LaneVariant;

/// How many variants are compiled for this architecture.
int laneVariantCount(void);
/// They are numbered best first; the last is the portable one, which always runs.
const LaneVariant *laneVariant(int index);

/// One block of Philox4x32-10 (Salmon et al. 2011, Random123).
void lanePhilox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
