/// The C interface of NTKScorer's plugins, version 1. This file is all that a plugin needs; copy it freely.
///
/// A plugin is a shared library that exports the function `ntkscorer_plugin_v1`. What is asked and answered is JSON,
/// described in docs/plugins.md; kernels come as arrays of numbers beside it.
#ifndef NTKSCORER_PLUGIN_V1_H
#define NTKSCORER_PLUGIN_V1_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What `abi_version` has to be.
#define NTKSCORER_PLUGIN_ABI_VERSION 1u

/// `flags`: `call` may be entered by several threads at once. Without it, calls come one after the other.
#define NTKSCORER_PLUGIN_THREAD_SAFE 1u

/// A matrix that belongs to a request: `rows` × `columns` numbers, row by row, valid until `call` returns.
typedef struct ntkscorer_array {
  /// Ends with a zero byte: "tangent_kernel".
  const char *name;
  const double *values;
  size_t rows;
  size_t columns;
} ntkscorer_array;

/// What a plugin gives to the program that loads it. It must stay valid until the process ends.
typedef struct ntkscorer_plugin_table {
  /// `NTKSCORER_PLUGIN_ABI_VERSION`.
  uint32_t abi_version;
  /// `NTKSCORER_PLUGIN_THREAD_SAFE` or 0.
  uint32_t flags;
  /// Handed back to every call; may be NULL.
  void *context;
  /// Answers one request.
  ///
  /// `request` holds `request_bytes` bytes of UTF-8, one JSON object, followed by a zero byte. Gives the reply, one JSON
  /// object in UTF-8, and its length in `reply_bytes`; NULL is a failure without words. `release` takes it back.
  char *(*call)(
      void *context, const char *request, size_t request_bytes, const ntkscorer_array *arrays, size_t array_count,
      size_t *reply_bytes);
  /// Frees a reply.
  void (*release)(void *context, char *reply);
} ntkscorer_plugin_table;

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
/// What a plugin exports. Called once; NULL says that the plugin cannot be used.
const ntkscorer_plugin_table *ntkscorer_plugin_v1(void);

#ifdef __cplusplus
}
#endif

#endif
