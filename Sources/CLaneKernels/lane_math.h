// Elementary functions on sixteen lanes, in double precision (errors of a few units in the last place), from IEEE
// operations only, so that every variant gives the same bits. Single precision goes through double and is rounded
// once: an activation costs little beside the convolution that feeds it.

LANE_INLINE LaneFloat fmaSingle(LaneFloat a, LaneFloat b, LaneFloat c) { return __builtin_elementwise_fma(a, b, c); }
LANE_INLINE LaneDouble fmaDual(LaneDouble a, LaneDouble b, LaneDouble c) { return __builtin_elementwise_fma(a, b, c); }

LANE_INLINE LaneFloat selectSingle(LaneInt32 mask, LaneFloat yes, LaneFloat no) {
  return (LaneFloat)(((LaneInt32)yes & mask) | ((LaneInt32)no & ~mask));
}
LANE_INLINE LaneDouble selectDual(LaneInt64 mask, LaneDouble yes, LaneDouble no) {
  return (LaneDouble)(((LaneInt64)yes & mask) | ((LaneInt64)no & ~mask));
}
LANE_INLINE LaneDouble absoluteValue(LaneDouble x) {
  return (LaneDouble)((LaneInt64)x & (LaneInt64)0x7fffffffffffffffLL);
}
LANE_INLINE LaneDouble copySign(LaneDouble magnitude, LaneDouble sign) {
  LaneInt64 bit = (LaneInt64)INT64_MIN;
  return (LaneDouble)(((LaneInt64)magnitude & ~bit) | ((LaneInt64)sign & bit));
}

// Adding 1.5 · 2^52 leaves no fraction bits: the nearest integer stands in the low bits of the sum (|x| < 2^51).
static const double roundingMagic = 6755399441055744.0;

// 2^k for integral k in -1022...1023.
LANE_INLINE LaneDouble powerOfTwo(LaneInt64 k) { return (LaneDouble)((k + 1023) << 52); }

typedef struct {
  LaneDouble fraction;  // e^r - 1, |r| <= ln 2 / 2
  LaneInt64 exponent;   // k of x = k ln 2 + r
} ExponentialParts;

// Cody–Waite reduction with ln 2 in two parts, then the Taylor series to r^13 (remainder below 5e-18).
LANE_INLINE ExponentialParts exponentialParts(LaneDouble x) {
  LaneDouble shifted = fmaDual(x, (LaneDouble)1.4426950408889634, (LaneDouble)roundingMagic);
  LaneInt64 exponent = (LaneInt64)shifted - (LaneInt64)0x4338000000000000LL;
  LaneDouble k = shifted - roundingMagic;
  LaneDouble r = fmaDual(k, (LaneDouble)-6.93147180369123816490e-01, x);
  r = fmaDual(k, (LaneDouble)-1.90821492927058770002e-10, r);
  LaneDouble p = 1.0 / 6227020800.0;
  p = fmaDual(p, r, (LaneDouble)(1.0 / 479001600.0));
  p = fmaDual(p, r, (LaneDouble)(1.0 / 39916800.0));
  p = fmaDual(p, r, (LaneDouble)(1.0 / 3628800.0));
  p = fmaDual(p, r, (LaneDouble)(1.0 / 362880.0));
  p = fmaDual(p, r, (LaneDouble)(1.0 / 40320.0));
  p = fmaDual(p, r, (LaneDouble)(1.0 / 5040.0));
  p = fmaDual(p, r, (LaneDouble)(1.0 / 720.0));
  p = fmaDual(p, r, (LaneDouble)(1.0 / 120.0));
  p = fmaDual(p, r, (LaneDouble)(1.0 / 24.0));
  p = fmaDual(p, r, (LaneDouble)(1.0 / 6.0));
  p = fmaDual(p, r, (LaneDouble)0.5);
  return (ExponentialParts){fmaDual(p * r, r, r), exponent};
}

// e^x; zero below -708 (no subnormals), infinite above 709.78; NaN stays.
LANE_INLINE LaneDouble exponential(LaneDouble x) {
  LaneDouble bounded = selectDual(x < (LaneDouble)-708.0, (LaneDouble)-708.0, x);
  bounded = selectDual(x > (LaneDouble)709.0, (LaneDouble)709.0, bounded);
  ExponentialParts parts = exponentialParts(bounded);
  LaneDouble scale = powerOfTwo(parts.exponent - 1);
  LaneDouble value = fmaDual(parts.fraction, scale, scale) * 2.0;
  value = selectDual(x < (LaneDouble)-708.0, (LaneDouble)0.0, value);
  value = selectDual(x > (LaneDouble)709.782712893384, (LaneDouble)__builtin_inf(), value);
  return selectDual(x != x, x, value);
}

// e^x - 1 for x <= 40 without cancellation near zero; larger arguments are not needed here.
LANE_INLINE LaneDouble exponentialMinusOne(LaneDouble x) {
  LaneDouble bounded = selectDual(x < (LaneDouble)-50.0, (LaneDouble)-50.0, x);
  bounded = selectDual(x > (LaneDouble)40.0, (LaneDouble)40.0, bounded);
  ExponentialParts parts = exponentialParts(bounded);
  LaneDouble scale = powerOfTwo(parts.exponent);
  return selectDual(x != x, x, fmaDual(parts.fraction, scale, scale - 1.0));
}

// log(x) for normal x > 0: mantissa in [√½, √2), then 2 artanh((m - 1)/(m + 1)) (remainder below 1e-17).
LANE_INLINE LaneDouble logarithm(LaneDouble x) {
  LaneInt64 bits = (LaneInt64)x;
  LaneInt64 k = (bits - (LaneInt64)0x3fe6a09e667f3bcdLL) >> 52;
  LaneDouble m = (LaneDouble)(bits - (k << 52));
  LaneDouble s = (m - 1.0) / (m + 1.0), z = s * s;
  LaneDouble p = 1.0 / 21.0;
  p = fmaDual(p, z, (LaneDouble)(1.0 / 19.0));
  p = fmaDual(p, z, (LaneDouble)(1.0 / 17.0));
  p = fmaDual(p, z, (LaneDouble)(1.0 / 15.0));
  p = fmaDual(p, z, (LaneDouble)(1.0 / 13.0));
  p = fmaDual(p, z, (LaneDouble)(1.0 / 11.0));
  p = fmaDual(p, z, (LaneDouble)(1.0 / 9.0));
  p = fmaDual(p, z, (LaneDouble)(1.0 / 7.0));
  p = fmaDual(p, z, (LaneDouble)(1.0 / 5.0));
  p = fmaDual(p, z, (LaneDouble)(1.0 / 3.0));
  LaneDouble twice = s + s;
  LaneDouble tail = twice * z * p;
  LaneDouble exponent = __builtin_convertvector(k, LaneDouble);
  LaneDouble low = fmaDual(exponent, (LaneDouble)1.90821492927058770002e-10, tail);
  return fmaDual(exponent, (LaneDouble)6.93147180369123816490e-01, twice + low);
}

// log(1 + t) for t in [0, 1]: the rounding of 1 + t is given back to first order.
LANE_INLINE LaneDouble logarithmOnePlus(LaneDouble t) {
  LaneDouble u = 1.0 + t;
  return logarithm(u) + (t - (u - 1.0)) / u;
}

LANE_INLINE LaneDouble hyperbolicTangent(LaneDouble x) {
  LaneDouble magnitude = absoluteValue(x);
  LaneDouble bounded = selectDual(magnitude > (LaneDouble)20.0, (LaneDouble)20.0, magnitude);
  LaneDouble e = exponentialMinusOne(bounded + bounded);
  LaneDouble value = copySign(e / (e + 2.0), x);
  return selectDual(x != x, x, value);
}

LANE_INLINE LaneDouble logistic(LaneDouble x) { return 1.0 / (1.0 + exponential(-x)); }

// erf: Taylor series below ½; above it 1 - e^(-x²) erfcx(x), where (1 + 2x) erfcx(x) on [½, 6½] is a polynomial in
// (x - 4)/(x + 4) (a Chebyshev fit made for this file, error 4e-18); ±1 beyond.
LANE_INLINE LaneDouble errorFunction(LaneDouble x) {
  static const double taylor[12] = {
    1.1283791670955126, -0.37612638903183752, 0.11283791670955126, -0.026866170645131252,
    0.0052239776254421878, -0.00085483270234508528, 0.00012055332981789664, -1.4925650358406251e-05,
    1.6462114365889247e-06, -1.6365844691234924e-07, 1.4807192815879217e-08, -1.2290555301717927e-09,
  };
  static const double scaled[18] = {
    1.093445150252107409e-7,
    2.907955087399910834e-6,
    8.895165519051679155e-6,
    -9.210495324768537456e-6,
    -0.00002388962812830757455,
    0.0001504892952839325098,
    -0.0001993774354547689825,
    -0.0007577921083990993239,
    0.005031976149280311327,
    -0.01619773188525986147,
    0.03716751549277027275,
    -0.06633036589381467961,
    0.09373283499468261006,
    -0.1010390660349891063,
    0.06809705425476690779,
    0.0153796521026117081,
    -0.139621116840562806,
    1.232995118625552518
  };
  LaneDouble magnitude = absoluteValue(x);
  LaneDouble square = x * x;
  LaneDouble small = taylor[11];
  UNROLL for (int i = 10; i >= 0; i--) small = fmaDual(small, square, (LaneDouble)taylor[i]);
  small = small * x;
  LaneDouble m = selectDual(magnitude > (LaneDouble)6.5, (LaneDouble)6.5, magnitude);
  LaneDouble y = (m - 4.0) / (m + 4.0);
  LaneDouble p = scaled[0];
  UNROLL for (int i = 1; i < 18; i++) p = fmaDual(p, y, (LaneDouble)scaled[i]);
  // e^(-m²) with the rounding error of m² carried along.
  LaneDouble high = m * m, rest = fmaDual(m, m, -high);
  LaneDouble decay = exponential(-high) * (1.0 - rest);
  LaneDouble large = 1.0 - decay * p / fmaDual(m, (LaneDouble)2.0, (LaneDouble)1.0);
  LaneDouble value = selectDual(magnitude < (LaneDouble)0.5, small, copySign(large, x));
  return selectDual(x != x, x, value);
}

typedef struct {
  LaneDouble sine, cosine;
} SineCosine;

// Reduction by multiples of π/2 in three parts, exact enough as long as the multiple is an integer in a double, then
// Taylor series on |r| <= π/4. Beyond 2^51, where neighbouring floats are whole periods apart, NaN.
LANE_INLINE SineCosine sineCosine(LaneDouble x) {
  LaneDouble shifted = fmaDual(x, (LaneDouble)0.63661977236758134, (LaneDouble)roundingMagic);
  LaneInt64 quadrant = (LaneInt64)shifted;
  LaneDouble k = shifted - roundingMagic;
  LaneDouble r = fmaDual(k, (LaneDouble)-1.5707963267341256, x);
  r = fmaDual(k, (LaneDouble)-6.077100506303966e-11, r);
  r = fmaDual(k, (LaneDouble)-2.0222662487959506e-21, r);
  r = selectDual(absoluteValue(x) < (LaneDouble)0x1p51, r, (LaneDouble)__builtin_nan(""));
  LaneDouble z = r * r;
  LaneDouble s = -1.0 / 121645100408832000.0;
  s = fmaDual(s, z, (LaneDouble)(1.0 / 355687428096000.0));
  s = fmaDual(s, z, (LaneDouble)(-1.0 / 1307674368000.0));
  s = fmaDual(s, z, (LaneDouble)(1.0 / 6227020800.0));
  s = fmaDual(s, z, (LaneDouble)(-1.0 / 39916800.0));
  s = fmaDual(s, z, (LaneDouble)(1.0 / 362880.0));
  s = fmaDual(s, z, (LaneDouble)(-1.0 / 5040.0));
  s = fmaDual(s, z, (LaneDouble)(1.0 / 120.0));
  s = fmaDual(s, z, (LaneDouble)(-1.0 / 6.0));
  s = fmaDual(s * z, r, r);
  LaneDouble c = 1.0 / 2432902008176640000.0;
  c = fmaDual(c, z, (LaneDouble)(-1.0 / 6402373705728000.0));
  c = fmaDual(c, z, (LaneDouble)(1.0 / 20922789888000.0));
  c = fmaDual(c, z, (LaneDouble)(-1.0 / 87178291200.0));
  c = fmaDual(c, z, (LaneDouble)(1.0 / 479001600.0));
  c = fmaDual(c, z, (LaneDouble)(-1.0 / 3628800.0));
  c = fmaDual(c, z, (LaneDouble)(1.0 / 40320.0));
  c = fmaDual(c, z, (LaneDouble)(-1.0 / 720.0));
  c = fmaDual(c, z, (LaneDouble)(1.0 / 24.0));
  c = fmaDual(c, z, (LaneDouble)-0.5);
  c = fmaDual(c, z, (LaneDouble)1.0);
  LaneInt64 odd = -(quadrant & 1);
  LaneInt64 sineSign = (quadrant & 2) << 62, cosineSign = ((quadrant + 1) & 2) << 62;
  SineCosine result;
  result.sine = (LaneDouble)((LaneInt64)selectDual(odd, c, s) ^ sineSign);
  result.cosine = (LaneDouble)((LaneInt64)selectDual(odd, s, c) ^ cosineSign);
  return result;
}
