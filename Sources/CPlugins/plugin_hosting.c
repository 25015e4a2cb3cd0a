#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "plugin_hosting.h"

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

void *ntkscorer_open_library(const char *path, char *problem, size_t capacity) {
  int flags = RTLD_NOW | RTLD_LOCAL;
  // A plugin in Swift brings a copy of modules that this program has too; each must use its own.
#if defined(RTLD_DEEPBIND) && !defined(__SANITIZE_ADDRESS__)
  flags |= RTLD_DEEPBIND;
#endif
  void *library = dlopen(path, flags);
  if (library == NULL) {
    const char *reason = dlerror();
    snprintf(problem, capacity, "it cannot be loaded: %s", reason ? reason : "no reason given");
  }
  return library;
}

const ntkscorer_plugin_table *ntkscorer_enter_library(void *library, char *problem, size_t capacity) {
  const ntkscorer_plugin_table *(*entry)(void);
  *(void **)&entry = dlsym(library, "ntkscorer_plugin_v1");
  if (entry == NULL) {
    snprintf(problem, capacity, "it exports no function 'ntkscorer_plugin_v1', so it is no plugin of version 1");
    return NULL;
  }
  const ntkscorer_plugin_table *table = entry();
  if (table == NULL) {
    snprintf(problem, capacity, "its function 'ntkscorer_plugin_v1' gives NULL");
  } else if (table->abi_version != NTKSCORER_PLUGIN_ABI_VERSION) {
    snprintf(
        problem, capacity, "it is of interface version %u; expected %u (ntkscorer_plugin_v1.h)", table->abi_version,
        NTKSCORER_PLUGIN_ABI_VERSION);
  } else if (table->call == NULL || table->release == NULL) {
    snprintf(problem, capacity, "its table lacks the function '%s'", table->call == NULL ? "call" : "release");
  } else {
    return table;
  }
  return NULL;
}

static void *watch(void *argument) {
  struct pollfd watched = {.fd = (int)(intptr_t)argument, .events = 0};
  while (1) {
    watched.revents = 0;
    if (poll(&watched, 1, -1) > 0 && (watched.revents & (POLLHUP | POLLERR | POLLNVAL))) _exit(0);
  }
  return NULL;
}

int ntkscorer_end_with_peer(int socket) {
  pthread_t thread;
  int code = pthread_create(&thread, NULL, watch, (void *)(intptr_t)socket);
  if (code == 0) pthread_detach(thread);
  return code;
}
