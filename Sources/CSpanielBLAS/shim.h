// OpenBLAS's C interface, plus the two calls its public header does not always declare.
#pragma once
#include <cblas.h>
char *openblas_get_corename(void);
void openblas_set_num_threads(int count);
