#include "spaniel_blas.h"

#include <dlfcn.h>
#include <stddef.h>

// The C interface of every BLAS, with its constants.
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };
typedef void (*product_function)(
    int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
    float beta, float *c, int ldc);
typedef void (*threads_function)(int count);

static product_function product;

bool spaniel_blas_load(void) {
    static const char *const names[] = {"libopenblas.so.0", "libopenblas.so"};
    for (size_t i = 0; product == NULL && i < sizeof names / sizeof *names; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) continue;
        threads_function set_threads = (threads_function)dlsym(library, "openblas_set_num_threads");
        product_function found = (product_function)dlsym(library, "cblas_sgemm");
        // One that lacks either stays loaded: its threads may be running.
        if (set_threads == NULL || found == NULL) continue;
        set_threads(1);
        product = found;
    }
    return product != NULL;
}

void spaniel_blas_product(int m, int n, int k, const float *a, int lda, const float *b, int ldb, float *c, int ldc) {
    product(ROW_MAJOR, NO_TRANSPOSE, TRANSPOSE, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}
