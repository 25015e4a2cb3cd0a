#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "plugin_hosting.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int configure(
    posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int input, int output, int errors) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int code;
  if ((code = posix_spawn_file_actions_adddup2(actions, input, 0)) != 0) return code;
  if ((code = posix_spawn_file_actions_adddup2(actions, output, 1)) != 0) return code;
  if ((code = posix_spawn_file_actions_adddup2(actions, errors, 2)) != 0) return code;
  short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
#if defined(__APPLE__)
  flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#elif defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  if ((code = posix_spawn_file_actions_addclosefrom_np(actions, 3)) != 0) return code;
#endif
  if ((code = posix_spawnattr_setpgroup(attributes, 0)) != 0) return code;
  if ((code = posix_spawnattr_setsigmask(attributes, &none)) != 0) return code;
  if ((code = posix_spawnattr_setsigdefault(attributes, &all)) != 0) return code;
  return posix_spawnattr_setflags(attributes, flags);
}

int ntkscorer_start_program(
    pid_t *identifier, const char *path, char *const arguments[], int input, int output, int errors) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int code = posix_spawn_file_actions_init(&actions);
  if (code != 0) return code;
  code = posix_spawnattr_init(&attributes);
  if (code == 0) {
    code = configure(&actions, &attributes, input, output, errors);
    if (code == 0) code = posix_spawn(identifier, path, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return code;
}

#if !defined(__linux__)
static int keep_to_oneself(int *ends) {
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return 0;
}
#endif

int ntkscorer_open_socket_pair(int *ends) {
#if defined(SOCK_CLOEXEC)
  return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : errno;
#else
  return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 ? keep_to_oneself(ends) : errno;
#endif
}

int ntkscorer_open_pipe(int *ends) {
#if defined(__linux__)
  return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
#else
  return pipe(ends) == 0 ? keep_to_oneself(ends) : errno;
#endif
}

ssize_t ntkscorer_send(int socket, const void *bytes, size_t count) {
#if defined(MSG_NOSIGNAL)
  return send(socket, bytes, count, MSG_NOSIGNAL);
#else
  return send(socket, bytes, count, 0);
#endif
}

int ntkscorer_has_ended(pid_t identifier) {
  siginfo_t info;
  info.si_pid = 0;
  int code;
  do code = waitid(P_PID, (id_t)identifier, &info, WEXITED | WNOHANG | WNOWAIT);
  while (code != 0 && errno == EINTR);
  return code != 0 || info.si_pid != 0;
}

/// Calls nothing but what is safe after a fork of a process with threads.
static void guard(int channel) {
  static int32_t groups[4096];
  size_t count = 0;
  int32_t number;
  // Below 3 they lead to a terminal or to a reader who waits for their end.
  for (int descriptor = 0; descriptor < 3; descriptor++) close(descriptor);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  if (dup2(channel, 0) == 0) {
    channel = 0;
    closefrom(1);
  }
#else
  for (int descriptor = 3; descriptor < 65536; descriptor++) {
    if (descriptor != channel) close(descriptor);
  }
#endif
  while (1) {
    ssize_t bytes = read(channel, &number, sizeof number);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes != sizeof number) break;
    if (number > 0 && count < sizeof groups / sizeof *groups) groups[count++] = number;
    for (size_t index = 0; number < 0 && index < count; index++) {
      if (groups[index] != -number) continue;
      groups[index] = groups[--count];
      break;
    }
  }
  for (size_t index = 0; index < count; index++) kill(-groups[index], SIGKILL);
  _exit(0);
}

int ntkscorer_start_guard(int *channel) {
  int ends[2];
  int code = ntkscorer_open_socket_pair(ends);
  if (code != 0) return code;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t identifier = fork();
  if (identifier == 0) {
    // Signals that a terminal sends to everybody are not for it.
    setpgid(0, 0);
    guard(ends[1]);
  }
  code = identifier < 0 ? errno : 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
  if (code == 0) *channel = ends[0];
  else close(ends[0]);
  return code;
}

const ntkscorer_plugin_table *ntkscorer_open_library(const char *path, char *problem, size_t capacity) {
  int flags = RTLD_NOW | RTLD_LOCAL;
  // A plugin in Swift brings a copy of modules that this program has too; each must use its own.
#if defined(RTLD_DEEPBIND) && !defined(__SANITIZE_ADDRESS__)
  flags |= RTLD_DEEPBIND;
#endif
  void *library = dlopen(path, flags);
  if (library == NULL) {
    const char *reason = dlerror();
    snprintf(problem, capacity, "it cannot be loaded: %s", reason ? reason : "no reason given");
    return NULL;
  }
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
