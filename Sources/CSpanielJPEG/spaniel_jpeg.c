#include "spaniel_jpeg.h"
