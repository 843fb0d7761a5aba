// exp, erf, GELU and the powers of two behind softmax, for every float32 there is and every set of kernels
// this processor has, against the C library's double precision. `Tests/Bounds/run` compiles it and runs it;
// the suite's own test looks at a grid of values.
#include "kernels.h"
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void powers(long count, const float *t, float *y);
#if defined(__x86_64__)
void powers_fused(long count, const float *t, float *y);
#else
#define powers_fused powers
#endif

enum { BLOCK = 1 << 14, THREADS = 16, SETS = 4, FUNCTIONS = 4 };
static const char *const names[FUNCTIONS] = {
    "exp on [-87.3, 88.7], relative", "erf, absolute", "GELU, of what is allowed", "2^t on [-126, 0], relative"};
static const spaniel_kernels *sets[SETS];
static int set_count;

static double bound(int set, int function) {
    const double bounds[FUNCTIONS] = {1e-7, 5e-7, 1, 1e-7};
#if defined(__x86_64__)
    if (function == 3 && set == 0) return 1.1e-7;  // no fused multiply-add
#endif
    return bounds[function];
}

typedef struct {
    long share, shares;
    double worst[SETS][FUNCTIONS];
    float at[SETS][FUNCTIONS];
    long wrong;  // what is no number, too large or too small answered otherwise than promised
} job;

static void note(job *j, int set, int function, double error, float x) {
    if (error > j->worst[set][function]) j->worst[set][function] = error, j->at[set][function] = x;
}

static void *check(void *argument) {
    job *j = argument;
    static _Thread_local float x[BLOCK], y[BLOCK];
    static _Thread_local double e[BLOCK], f[BLOCK], g[BLOCK], p[BLOCK];
    for (long block = j->share; block < (1l << 32) / BLOCK; block += j->shares) {
        for (long i = 0; i < BLOCK; i++) {
            uint32_t bits = (uint32_t)(block * BLOCK + i);
            memcpy(x + i, &bits, sizeof bits);
            e[i] = x[i] >= -87.3f && x[i] <= 88.7f ? exp(x[i]) : 0;
            f[i] = erf(x[i]);
            p[i] = x[i] <= 0 && x[i] >= -126 ? exp2(x[i]) : 1;
            g[i] = 0.5 * x[i] * erfc(-x[i] * 0.70710678118654752);
        }
        for (int s = 0; s < set_count; s++) {
            sets[s]->exponential(BLOCK, x, y);
            for (long i = 0; i < BLOCK; i++) {
                if (e[i] != 0) note(j, s, 0, fabs(y[i] / e[i] - 1), x[i]);
                else if (x[i] != x[i]) j->wrong += y[i] == y[i];
                else if (x[i] > 88.8f) j->wrong += y[i] != INFINITY;
                else j->wrong += !(y[i] >= 0 && (x[i] > 0 || y[i] < 1.3e-38f));
            }
            sets[s]->error_function(BLOCK, x, y);
            for (long i = 0; i < BLOCK; i++)
                if (x[i] == x[i] && y[i] == y[i]) note(j, s, 1, fabs(y[i] - f[i]), x[i]);
                else j->wrong += (x[i] == x[i]) != (y[i] == y[i]);
            sets[s]->activate(BLOCK, spaniel_gelu, x, y);
            // The bound of erf times half of x, and a rounding.
            for (long i = 0; i < BLOCK; i++)
                if (fabsf(x[i]) <= 3e38f) note(j, s, 2, fabs(y[i] - g[i]) / (2.5e-7 * fabs(x[i]) + 1.2e-7 * fabs(g[i]) + 1e-30), x[i]);
            if (block * BLOCK >> 31) {  // the negative ones
                (s > 0 ? powers_fused : powers)(BLOCK, x, y);
                for (long i = 0; i < BLOCK; i++)
                    if (x[i] >= -126) note(j, s, 3, fabs(y[i] / p[i] - 1), x[i]);
            }
        }
    }
    return 0;
}

int main(void) {
    for (int set = spaniel_baseline; set <= spaniel_avx512bf16; set++)
        if (spaniel_kernels_for(set)) sets[set_count++] = spaniel_kernels_for(set);
    static job jobs[THREADS];
    long threads = spaniel_processor_count() < THREADS ? spaniel_processor_count() : THREADS;
    pthread_t running[THREADS];
    for (long t = 0; t < threads; t++) {
        jobs[t].share = t, jobs[t].shares = threads;
        if (pthread_create(running + t, 0, check, jobs + t) != 0) return perror("a thread"), 1;
    }
    job all = {0};
    for (long t = 0; t < threads; t++) {
        pthread_join(running[t], 0);
        all.wrong += jobs[t].wrong;
        for (int s = 0; s < set_count; s++)
            for (int f = 0; f < FUNCTIONS; f++) note(&all, s, f, jobs[t].worst[s][f], jobs[t].at[s][f]);
    }
    int failed = all.wrong > 0;
    for (int s = 0; s < set_count; s++)
        for (int f = 0; f < FUNCTIONS; f++) {
            int within = all.worst[s][f] <= bound(s, f);
            failed |= !within;
            printf("%s %-10s %s: %.3g at %.9g, bound %.3g\n", within ? "ok  " : "OVER", sets[s]->name, names[f], all.worst[s][f], all.at[s][f],
                   bound(s, f));
        }
    printf("%s what is no number, too large or too small: %ld otherwise than promised\n", all.wrong ? "OVER" : "ok  ", all.wrong);
    return failed;
}
