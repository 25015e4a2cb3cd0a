// A metric as a shared library in C: how alike samples look to the network. Needs the header beside it and no more:
//   cc -O2 -shared -fPIC -I../../../Sources/CPlugins/include sample_coherence.c -o libSampleCoherence.so -lm
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntkscorer_plugin_v1.h"

static const char description[] =
    "{\"id\": %ld, \"metrics\": [{\"name\": \"sample_coherence\", \"version\": \"1\", \"title\": \"coherence\","
    " \"explanation\": \"Mean of |K_ij|/sqrt(K_ii K_jj) over different samples: 1 where all look alike.\","
    " \"direction\": \"lower\", \"direction_reason\": \"samples that look alike are learnt together or not at all\","
    " \"needs\": [\"tangent_kernel\"]}]}";

/// The mean over i ≠ j; NaN where there are none, or a sample has no gradient.
static double coherence(const ntkscorer_array *kernel) {
  size_t n = kernel->rows;
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      if (i == j) continue;
      double scale = kernel->values[i * n + i] * kernel->values[j * n + j];
      if (!(scale > 0)) return NAN;
      sum += fabs(kernel->values[i * n + j]) / sqrt(scale);
    }
  }
  return n > 1 ? sum / ((double)n * (double)(n - 1)) : NAN;
}

static char *call(
    void *context, const char *request, size_t request_bytes, const ntkscorer_array *arrays, size_t array_count,
    size_t *reply_bytes) {
  (void)context, (void)request_bytes;
  size_t capacity = sizeof description + 64;
  char *reply = malloc(capacity);
  if (reply == NULL) return NULL;
  // The requests are our own and begin alike: a JSON reader would find nothing else.
  const char *place = strstr(request, "\"id\":");
  long id = place ? strtol(place + 5, NULL, 10) : 0;
  int count;
  if (strstr(request, "\"call\":\"describe\"")) {
    count = snprintf(reply, capacity, description, id);
  } else if (strstr(request, "\"call\":\"measure\"") && array_count == 1 && arrays[0].rows == arrays[0].columns) {
    double value = coherence(&arrays[0]);
    count = isfinite(value)
                ? snprintf(reply, capacity, "{\"id\": %ld, \"values\": {\"sample_coherence\": %.17g}}", id, value)
                : snprintf(reply, capacity, "{\"id\": %ld, \"values\": {\"sample_coherence\": null}}", id);
  } else {
    count = snprintf(reply, capacity, "{\"id\": %ld, \"error\": \"expected describe, or measure with a kernel\"}", id);
  }
  *reply_bytes = (size_t)count;
  return reply;
}

static void release(void *context, char *reply) {
  (void)context;
  free(reply);
}

static const ntkscorer_plugin_table table = {
    .abi_version = NTKSCORER_PLUGIN_ABI_VERSION, .flags = NTKSCORER_PLUGIN_THREAD_SAFE, .call = call, .release = release};

const ntkscorer_plugin_table *ntkscorer_plugin_v1(void) { return &table; }
