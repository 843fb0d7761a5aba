#include "kernels.h"

extern const spaniel_kernels spaniel_table_baseline;
#if defined(__x86_64__)
extern const spaniel_kernels spaniel_table_avx2;
extern const spaniel_kernels spaniel_table_avx512;
#endif

const spaniel_kernels *spaniel_kernels_for(int instruction_set) {
    switch (instruction_set) {
    case spaniel_baseline:
        return &spaniel_table_baseline;
#if defined(__x86_64__)
    case spaniel_avx2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &spaniel_table_avx2 : 0;
    case spaniel_avx512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma")
                   ? &spaniel_table_avx512
                   : 0;
#endif
    default:
        return 0;
    }
}
