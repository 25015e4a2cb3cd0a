/// What NTKScorer needs of the system to run plugins and Swift cannot say. Not for plugins.
#ifndef NTKSCORER_PLUGIN_HOSTING_H
#define NTKSCORER_PLUGIN_HOSTING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ntkscorer_plugin_v1.h"

/// Two ends that no program inherits: of a stream socket, and of a pipe, the reading one first. Give 0, or the error's
/// number.
int ntkscorer_open_socket_pair(int *ends);
int ntkscorer_open_pipe(int *ends);

/// Writes what fits at once; a peer that is gone is an error and never a signal. Gives the bytes written, or -1.
ssize_t ntkscorer_send(int socket, const void *bytes, size_t count);

/// Starts a process that starts programs for this one, at once or for the rest of its life. Gives 0 and where to ask it
/// (one thread at a time), or the error's number.
int ntkscorer_open_starter(int *channel);

/// Starts a program in a process group of its own, with default signals, the three descriptors as its standard ones and no
/// other; `arguments` begin with its path and end with NULL. It may use so many bytes of memory of its own; 0 for as many
/// as there are. Its environment and folder are those of this process now.
///
/// Gives 0, its number, and the descriptor by which the other functions know it: when that is closed, by the end of this
/// process even, its input too having been closed, the program has some milliseconds until it is killed with everything
/// that it started. Or gives the error's number; EPIPE says that the starter is gone.
int ntkscorer_start_program(
    int starter, char *const arguments[], int input, int output, int errors, uint64_t memory_bytes,
    pid_t *identifier, int *control);

/// Waits so many milliseconds for a program's end. Gives 1 with its status, as `waitpid` gives it, and the most memory that
/// it held; 0 before its end. To be asked no more after its end.
int ntkscorer_await_end(int control, int timeout, int *status, uint64_t *peak_bytes);

/// Ends a program: at once, or some milliseconds after its input was closed.
void ntkscorer_end_program(int control, int is_urgent);

/// Waits so many milliseconds until nothing is left of what a program started, and closes `control`.
void ntkscorer_leave_program(int control, int timeout);

/// A loaded library, the same for every call while its file is the same; or NULL with what is wrong (at most `capacity`
/// bytes with the final zero) in `problem`.
void *ntkscorer_open_library(const char *path, char *problem, size_t capacity);

/// A loaded plugin's table, or NULL as above. To be asked once for a library.
const ntkscorer_plugin_table *ntkscorer_enter_library(void *library, char *problem, size_t capacity);

/// From now on the process ends at once when the other end of a socket is closed, whatever it is doing. Gives 0, or the
/// error's number.
int ntkscorer_end_with_peer(int socket);

#endif
