// OpenBLAS, looked for when it is first asked for. Linked, it would be loaded by every process, and its
// threads spin for a tenth of a second when it is, beside whatever else the process has to do; most
// processors never ask for it.
#pragma once
#include <stdbool.h>

/// Whether OpenBLAS is on this system; loads it, and has it compute in the calling thread. Before the first
/// product, from one thread.
bool spaniel_blas_load(void);

/// C[m, n] = A[m, k] B[n, k]ᵀ, rows lda, ldb and ldc apart, once loaded.
void spaniel_blas_product(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float *c, int ldc);
