// A family that makes linear maps, or does what the choice `fault` says.
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ntkscorer_plugin_v1.h"

static const char description[] =
    "{\"id\": %ld, \"families\": [{\"name\": \"faulty\", \"version\": \"1\", \"parameters\": [\n"
    "{\"name\": \"fault\", \"type\": \"choice\", \"default\": \"none\", \"documentation\": \"What goes wrong.\",\n"
    " \"choices\": [\"none\", \"crash\", \"exit\", \"hang\", \"null\", \"chatter\", \"memory\", "
    "\"regroup\", \"input\", \"slow\"]},\n"
    "{\"name\": \"units\", \"type\": \"integer\", \"minimum\": 1, \"default\": 4, \"documentation\": \"Hidden units.\"}]}]}";

static long number_after(const char *request, const char *key) {
  const char *place = strstr(request, key);
  return place ? strtol(place + strlen(key), NULL, 10) : 0;
}

static char *call(
    void *context, const char *request, size_t request_bytes, const ntkscorer_array *arrays, size_t array_count,
    size_t *reply_bytes) {
  (void)context, (void)request_bytes, (void)arrays, (void)array_count;
  long id = number_after(request, "\"id\":");
  if (strstr(request, "\"call\":\"describe\"")) {
    char *reply = malloc(sizeof description + 32);
    *reply_bytes = (size_t)sprintf(reply, description, id);
    return reply;
  }
  if (strstr(request, "\"fault\":\"crash\"")) {
    fprintf(stderr, "ended on request\n");
    abort();
  }
  if (strstr(request, "\"fault\":\"exit\"")) exit(3);
  if (strstr(request, "\"fault\":\"hang\"")) for (;;) pause();
  if (strstr(request, "\"fault\":\"null\"")) return NULL;
  if (strstr(request, "\"fault\":\"memory\"")) {
    const size_t block = 1 << 22;
    // Volatile, since what nobody reads need not be allocated.
    char *volatile memory;
    while ((memory = malloc(block)) != NULL) memset(memory, 1, block);
    fprintf(stderr, "no memory left\n");
    abort();
  }
  if (strstr(request, "\"fault\":\"regroup\"")) {
    // Into the group of the process that started it.
    if (setpgid(0, getpgid(getppid())) != 0) return NULL;
    for (;;) pause();
  }
  if (strstr(request, "\"fault\":\"input\"") && system("head -c 40") != 0) return NULL;
  if (strstr(request, "\"fault\":\"slow\"")) {
    static atomic_int callers;
    int others = atomic_fetch_add(&callers, 1);
    usleep(2000);
    atomic_fetch_sub(&callers, 1);
    if (others > 0) return NULL;
  }
  if (strstr(request, "\"fault\":\"chatter\"")) {
    printf("a library prints to standard output\n");
    fflush(stdout);
  }
  char *reply = malloc(512);
  *reply_bytes = (size_t)snprintf(
      reply, 512,
      "{\"id\": %ld, \"network\": {\"input\": [%ld],\n\"layers\": [{\"op\": \"dense\", \"units\": %ld}, {\"op\": \"dense\", "
      "\"units\": %ld}]}}",
      id, number_after(request, "\"input\":["), number_after(request, "\"units\":"), number_after(request, "\"outputs\":"));
  return reply;
}

static void release(void *context, char *reply) {
  (void)context;
  free(reply);
}

static const ntkscorer_plugin_table table = {
    .abi_version = NTKSCORER_PLUGIN_ABI_VERSION, .call = call, .release = release};

const ntkscorer_plugin_table *ntkscorer_plugin_v1(void) {
  // The interface says that it is called once.
  static atomic_int calls;
  return atomic_fetch_add(&calls, 1) == 0 ? &table : NULL;
}
