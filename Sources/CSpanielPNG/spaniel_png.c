#include "spaniel_png.h"
