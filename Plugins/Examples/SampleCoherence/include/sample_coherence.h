// Its one function is found by name.
