#include "lanekernels.h"
