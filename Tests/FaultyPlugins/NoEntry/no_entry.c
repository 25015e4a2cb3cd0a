int nothing_that_a_plugin_has(void) { return 0; }
