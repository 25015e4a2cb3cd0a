// Plugin programs, each with a keeper: a small process of ours that starts it, waits for it, and, when it is to end or this
// process has ended, kills it with everything that it started.
//
// Keepers are children of the starter, a fork of this process that is made once, early, so that a keeper is small and holds
// no memory and no descriptor of ours. On Linux a keeper is a subreaper: what a plugin starts and leaves behind, in a
// session of its own even, becomes the keeper's child and is found there. Elsewhere the process group is killed.
//
// After the fork nothing is called but what is safe in a fork of a process with threads.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "plugin_hosting.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

extern char **environ;

/// Milliseconds between the end of its input and the kill.
enum { grace = 50 };
/// Standard input, output and error, the working folder, and the keeper's end of its socket.
enum { end_input, end_output, end_errors, end_folder, end_control, end_count };
enum { largest_text = 1 << 20, most_words = 1 << 14 };

/// What the starter is asked; `text_bytes` bytes follow: the path, the arguments and the environment, each ended by a zero.
typedef struct {
  uint64_t memory_bytes;
  uint32_t text_bytes;
  uint32_t argument_count;
} start_request;

/// What a keeper tells: first the error's number and the program's, then, at its end, its status and peak memory in bytes.
typedef struct {
  int64_t first;
  int64_t second;
} keeper_report;

// MARK: Descriptors

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

static void close_from(int first) {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  closefrom(first);
#else
  for (int descriptor = first; descriptor < 65536; descriptor++) close(descriptor);
#endif
}

/// Whether all bytes came before the other end was closed.
static int read_all(int descriptor, void *bytes, size_t count) {
  while (count > 0) {
    ssize_t now = read(descriptor, bytes, count);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return 0;
    bytes = (char *)bytes + now;
    count -= (size_t)now;
  }
  return 1;
}

static void report(int control, int64_t first, int64_t second) {
  keeper_report told = {first, second};
  ntkscorer_send(control, &told, sizeof told);
}

// MARK: The program

static void limit_memory(uint64_t bytes) {
  // Counts what the program can write to and shares with nobody; room that it merely reserves is free.
#if defined(__linux__)
  const int resource = RLIMIT_DATA;
#else
  const int resource = RLIMIT_AS;
#endif
  struct rlimit limit;
  if (bytes == 0 || getrlimit(resource, &limit) != 0) return;
  if (limit.rlim_max == RLIM_INFINITY || bytes < limit.rlim_max) limit.rlim_cur = limit.rlim_max = (rlim_t)bytes;
  setrlimit(resource, &limit);
}

/// Becomes the program; writes the error's number to `failed` where that cannot be.
static void become(
    const start_request *request, char *const *arguments, char *const *environment, const int *ends, int failed) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int code = 0;
  for (int end = end_input; end <= end_errors && code == 0; end++) {
    if (dup2(ends[end], end) < 0) code = errno;
  }
  if (code == 0 && fchdir(ends[end_folder]) != 0) code = errno;
  if (code == 0) {
    limit_memory(request->memory_bytes);
    execve(arguments[0], arguments, environment);
    code = errno;
  }
  ssize_t written = write(failed, &code, sizeof code);
  (void)written;
  _exit(127);
}

// MARK: The keeper

static void child_ended(int number) { (void)number; }

static int64_t milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// Whether a child has ended, without reaping it; reaps all others that have.
static int has_ended(pid_t program) {
  while (1) {
    siginfo_t info;
    info.si_pid = 0;
    if (waitid(P_PID, (id_t)program, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno != EINTR) return 1;
    if (info.si_pid != 0) return 1;
    info.si_pid = 0;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return 0;
    if (info.si_pid != program) waitpid(info.si_pid, NULL, 0);
  }
}

/// Returns when the program has ended, or is to end now.
static void wait_for_end(pid_t program, int control) {
  sigset_t waiting;
  sigfillset(&waiting);
  sigdelset(&waiting, SIGCHLD);
  int64_t deadline = 0;
  while (!has_ended(program)) {
    struct timespec left = {0, 0};
    if (deadline != 0) {
      int64_t rest = deadline - milliseconds();
      if (rest <= 0) return;
      left.tv_nsec = (long)rest * 1000000;
    }
    fd_set reading;
    FD_ZERO(&reading);
    if (deadline == 0) FD_SET(control, &reading);
    // Signals are only let in here, so that no end is missed.
    int ready = pselect(control + 1, &reading, NULL, NULL, deadline == 0 ? NULL : &left, &waiting);
    if (ready <= 0 || deadline != 0) continue;
    char byte;
    ssize_t count = read(control, &byte, 1);
    if (count > 0) return;
    // Its input has ended too, so that it can end by itself.
    if (count == 0) deadline = milliseconds() + grace;
  }
}

/// Kills the children that this process has, where the system lists them.
static void kill_children(void) {
#if defined(__linux__)
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  int list = open(path, O_RDONLY | O_CLOEXEC);
  if (list < 0) return;
  pid_t number = 0;
  ssize_t count;
  while ((count = read(list, text, sizeof text)) > 0) {
    for (ssize_t index = 0; index < count; index++) {
      if (text[index] >= '0' && text[index] <= '9') {
        number = number * 10 + (text[index] - '0');
      } else {
        if (number > 0) kill(number, SIGKILL);
        number = 0;
      }
    }
  }
  if (number > 0) kill(number, SIGKILL);
  close(list);
#endif
}

/// Starts the program and stays with it until nothing of it is left.
static void keep(const start_request *request, char **arguments, char **environment, int *ends) {
  signal(SIGCHLD, child_ended);
#if defined(__linux__)
  prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
  // Away from the places of the standard ones.
  for (int end = 0; end < end_count; end++) ends[end] = fcntl(ends[end], F_DUPFD_CLOEXEC, 8);
  int control = ends[end_control];
  int failed[2];
  int code = ntkscorer_open_pipe(failed);
  if (code == 0) {
    failed[0] = fcntl(failed[0], F_DUPFD_CLOEXEC, 8);
    failed[1] = fcntl(failed[1], F_DUPFD_CLOEXEC, 8);
    for (int descriptor = 0; descriptor < 8; descriptor++) close(descriptor);
  }
  pid_t program = code == 0 ? fork() : -1;
  if (program == 0) become(request, arguments, environment, ends, failed[1]);
  if (code == 0 && program < 0) code = errno;
  if (code == 0) {
    setpgid(program, program);
    close(failed[1]);
    if (read_all(failed[0], &code, sizeof code)) waitpid(program, NULL, 0);
    else code = 0;
    close(failed[0]);
  }
  report(control, code, program);
  if (code != 0) _exit(0);
  for (int end = 0; end < end_control; end++) close(ends[end]);

  wait_for_end(program, control);
  // Before it is reaped: until then nobody else can have its number.
  kill(-program, SIGKILL);
  kill(program, SIGKILL);
  int status = 0;
  struct rusage usage;
  memset(&usage, 0, sizeof usage);
  while (wait4(program, &status, 0, &usage) < 0 && errno == EINTR) {}
#if defined(__APPLE__)
  const int64_t unit = 1;
#else
  const int64_t unit = 1024;
#endif
  report(control, status, (int64_t)usage.ru_maxrss * unit);
  while (1) {
    pid_t reaped = waitpid(-1, NULL, WNOHANG);
    if (reaped < 0 && errno == ECHILD) break;
    if (reaped > 0) continue;
    kill_children();
    struct timespec moment = {0, 1000000};
    nanosleep(&moment, NULL);
  }
  _exit(0);
}

// MARK: The starter

/// One request with its descriptors; 0 when there are no more.
static int receive(int channel, start_request *request, char *text, int *ends) {
  union {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int) * end_count)];
  } passed;
  struct iovec part = {request, sizeof *request};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = passed.bytes, .msg_controllen = sizeof passed.bytes};
  ssize_t count;
  do count = recvmsg(channel, &message, 0);
  while (count < 0 && errno == EINTR);
  if (count <= 0) return 0;
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  if (head == NULL || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int) * end_count)) return 0;
  memcpy(ends, CMSG_DATA(head), sizeof(int) * end_count);
  return read_all(channel, (char *)request + count, sizeof *request - (size_t)count)
      && request->text_bytes <= largest_text && read_all(channel, text, request->text_bytes);
}

static void serve(int channel) {
  static char text[largest_text];
  static char *words[most_words + 4];
  // Below 3 they lead to a terminal or to a reader who waits for their end.
  if (dup2(channel, 0) != 0) _exit(1);
  close_from(1);
  // Keepers need nobody to wait for them.
  signal(SIGCHLD, SIG_IGN);
  start_request request;
  int ends[end_count];
  while (receive(0, &request, text, ends)) {
    // The arguments and a null, then the environment and a null.
    size_t count = 0;
    for (char *word = text; word < text + request.text_bytes && count <= most_words; word += strlen(word) + 1) {
      if (count == request.argument_count) words[count++] = NULL;
      words[count++] = word;
    }
    if (count == request.argument_count) words[count++] = NULL;
    words[count] = NULL;
    pid_t keeper = fork();
    if (keeper == 0) keep(&request, words, words + request.argument_count + 1, ends);
    if (keeper < 0) report(ends[end_control], errno, 0);
    for (int end = 0; end < end_count; end++) close(ends[end]);
  }
  _exit(0);
}

int ntkscorer_open_starter(int *channel) {
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
    serve(ends[1]);
  }
  code = identifier < 0 ? errno : 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
  if (code == 0) *channel = ends[0];
  else close(ends[0]);
  return code;
}

// MARK: Asking for a program

/// The words one after the other, each with its zero, in memory to be freed; NULL when there are too many.
static char *joined(char *const arguments[], size_t *bytes, uint32_t *argument_count) {
  size_t count = 0;
  *bytes = 0;
  *argument_count = 0;
  for (char *const *word = arguments; *word != NULL; word++, count++, (*argument_count)++) *bytes += strlen(*word) + 1;
  for (char **word = environ; *word != NULL; word++, count++) *bytes += strlen(*word) + 1;
  if (*bytes > largest_text || count >= most_words) return NULL;
  char *text = malloc(*bytes);
  char *place = text;
  if (text == NULL) return NULL;
  for (char *const *word = arguments; *word != NULL; word++) place = stpcpy(place, *word) + 1;
  for (char **word = environ; *word != NULL; word++) place = stpcpy(place, *word) + 1;
  return text;
}

/// Gives 0, or the error's number.
static int ask(int channel, const start_request *request, const char *text, const int *ends) {
  union {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int) * end_count)];
  } passed;
  memset(&passed, 0, sizeof passed);
  struct iovec part = {(void *)request, sizeof *request};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = passed.bytes, .msg_controllen = sizeof passed.bytes};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int) * end_count);
  memcpy(CMSG_DATA(head), ends, sizeof(int) * end_count);
#if defined(MSG_NOSIGNAL)
  const int flags = MSG_NOSIGNAL;
#else
  const int flags = 0;
#endif
  ssize_t count;
  do count = sendmsg(channel, &message, flags);
  while (count < 0 && errno == EINTR);
  // So few bytes are taken at once.
  if (count != sizeof *request) return count < 0 ? errno : EIO;
  for (size_t sent = 0; sent < request->text_bytes;) {
    count = ntkscorer_send(channel, text + sent, request->text_bytes - sent);
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) sent += (size_t)count;
  }
  return 0;
}

int ntkscorer_start_program(
    int starter, char *const arguments[], int input, int output, int errors, uint64_t memory_bytes,
    pid_t *identifier, int *control) {
  size_t bytes;
  start_request request = {.memory_bytes = memory_bytes};
  char *text = joined(arguments, &bytes, &request.argument_count);
  if (text == NULL) return E2BIG;
  request.text_bytes = (uint32_t)bytes;
  int pair[2] = {-1, -1};
  int code = ntkscorer_open_socket_pair(pair);
  int folder = code == 0 ? open(".", O_RDONLY | O_CLOEXEC) : -1;
  if (code == 0 && folder < 0) code = errno;
  if (code == 0) {
    int ends[end_count] = {input, output, errors, folder, pair[1]};
    code = ask(starter, &request, text, ends);
  }
  free(text);
  if (folder >= 0) close(folder);
  if (pair[1] >= 0) close(pair[1]);
  keeper_report told = {0, 0};
  if (code == 0) code = read_all(pair[0], &told, sizeof told) ? (int)told.first : EPIPE;
  if (code == 0) {
    *identifier = (pid_t)told.second;
    *control = pair[0];
  } else if (pair[0] >= 0) {
    close(pair[0]);
  }
  return code;
}

int ntkscorer_await_end(int control, int timeout, int *status, uint64_t *peak_bytes) {
  struct pollfd end = {.fd = control, .events = POLLIN};
  int ready;
  do ready = poll(&end, 1, timeout);
  while (ready < 0 && errno == EINTR);
  if (ready <= 0) return 0;
  keeper_report told = {-1, 0};
  read_all(control, &told, sizeof told);
  *status = (int)told.first;
  *peak_bytes = told.second > 0 ? (uint64_t)told.second : 0;
  return 1;
}

void ntkscorer_end_program(int control, int is_urgent) {
  if (is_urgent) ntkscorer_send(control, "", 1);
  shutdown(control, SHUT_WR);
}

void ntkscorer_leave_program(int control, int timeout) {
  // The keeper's end closes when it has killed all there was.
  struct pollfd end = {.fd = control, .events = POLLIN};
  while (poll(&end, 1, timeout) < 0 && errno == EINTR) {}
  close(control);
}
