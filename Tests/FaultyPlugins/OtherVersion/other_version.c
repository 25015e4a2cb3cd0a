#include "ntkscorer_plugin_v1.h"

static const ntkscorer_plugin_table table = {.abi_version = 7};

const ntkscorer_plugin_table *ntkscorer_plugin_v1(void) { return &table; }
