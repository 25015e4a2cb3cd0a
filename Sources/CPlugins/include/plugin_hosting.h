/// What NTKScorer needs of the system to run plugins and Swift cannot say. Not for plugins.
#ifndef NTKSCORER_PLUGIN_HOSTING_H
#define NTKSCORER_PLUGIN_HOSTING_H

#include <stddef.h>
#include <sys/types.h>

#include "ntkscorer_plugin_v1.h"

/// Starts a program in a process group of its own, with default signals and the three descriptors as its standard ones;
/// it inherits no other. Gives 0, or the error's number.
int ntkscorer_start_program(
    pid_t *identifier, const char *path, char *const arguments[], int input, int output, int errors);

/// Two ends that no program inherits: of a stream socket, and of a pipe, the reading one first. Give 0, or the error's
/// number.
int ntkscorer_open_socket_pair(int *ends);
int ntkscorer_open_pipe(int *ends);

/// Writes what fits at once; a peer that is gone is an error and never a signal. Gives the bytes written, or -1.
ssize_t ntkscorer_send(int socket, const void *bytes, size_t count);

/// Whether a child has ended, without reaping it.
int ntkscorer_has_ended(pid_t identifier);

/// Starts a process that kills process groups when this one has ended, however it ended. It is told of a group by its
/// positive number, and that there is no more to do by the negative one. Gives 0 and where to write 32-bit numbers, or the
/// error's number.
int ntkscorer_start_guard(int *channel);

/// A plugin's table, or NULL with what is wrong (at most `capacity` bytes with the final zero) in `problem`.
const ntkscorer_plugin_table *ntkscorer_open_library(const char *path, char *problem, size_t capacity);

/// From now on the process ends at once when the other end of a socket is closed, whatever it is doing. Gives 0, or the
/// error's number.
int ntkscorer_end_with_peer(int socket);

#endif
