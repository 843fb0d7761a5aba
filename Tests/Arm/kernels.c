// Every table of kernels that this processor has, against naive twins in double precision; those of int8 to the
// bit. It is what the Swift tests do, in plain C, for processors that are only emulated: `make test-arm`.
#include "kernels.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void check(const char *table, const char *what, double worst, double bound) {
    int fails = !(worst <= bound);
    failures += fails;
    printf("%-14s %-42s %.2e of %.0e%s\n", table, what, worst, bound, fails ? "  FAILS" : "");
}

// From -1 to 1, the same on every machine.
static uint32_t state = 1;
static float next(void) {
    state = state * 1664525u + 1013904223u;
    return (float)(int32_t)(state & 0xffffff00) / 2147483648.0f;
}
static float *numbers(long count) {
    float *x = aligned_alloc(64, (size_t)(count * 4 + 4096) / 64 * 64);
    for (long i = 0; i < count + 64; i++) x[i] = next();
    return x;
}

static float rounded(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
    memcpy(&x, &bits, 4);
    return x;
}
static float unrounded(float x) { return x; }

static void *packed(const spaniel_products *p, const float *b, long n, long k, long *panels) {
    *panels = (n + p->columns - 1) / p->columns;
    long depth = (k + p->depth - 1) / p->depth * p->depth;
    void *space = numbers(*panels * p->columns * (depth * p->operand_bytes + p->column_bytes) / 4 + 64);
    p->pack_matrix(n, k, b, k, 0, *panels, space);
    return space;
}

// c[m][n + 3] of a product with relu; the numbers beside the matrix must stay as they are.
static float *product(const spaniel_products *p, const float *a, const float *b, const float *bias, const float *residual,
                      long m, long n, long k) {
    long panels;
    void *panel = packed(p, b, n, k, &panels);
    float *scratch = numbers(p->product_scratch), *c = numbers(m * (n + 3));
    for (long i = 0; i < m * (n + 3); i++) c[i] = 7;
    spaniel_product job = {m, n, k, a, k, panel, c, n + 3, bias, residual, n, spaniel_relu, 0, panels, scratch};
    p->product(&job);
    for (long i = 0; i < m; i++)
        for (long j = n; j < n + 3; j++) failures += c[i * (n + 3) + j] != 7;
    free(panel), free(scratch);
    return c;
}

static const long shapes[][3] = {{1, 1, 1}, {3, 5, 7}, {16, 31, 32}, {33, 70, 129}, {50, 33, 1600}, {20, 40, 3100}, {130, 17, 63}};

static void products(const char *name, const char *what, const spaniel_products *p, float (*reading)(float)) {
    double worst = 0;
    for (unsigned s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        long m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
        float *a = numbers(m * k), *b = numbers(n * k), *bias = numbers(n), *residual = numbers(m * n);
        float *c = product(p, a, b, bias, residual, m, n, k);
        for (long i = 0; i < m; i++)
            for (long j = 0; j < n; j++) {
                double sum = bias[j];
                for (long q = 0; q < k; q++) sum += (double)reading(a[i * k + q]) * reading(b[j * k + q]);
                double error = fabs(c[i * (n + 3) + j] - (sum > 0 ? sum : 0) - residual[i * n + j]);
                worst = fmax(worst, error / ((double)(k + 4) * 1.2e-7));
            }
        free(a), free(b), free(bias), free(residual), free(c);
    }
    check(name, what, worst, 1);
}

// The twin of int8's products, in its order, without fused steps.
#pragma clang fp contract(off)
static float quantised_sum(const float *x, const float *w, long k, float *scale_x, float *scale_w) {
    float low = 0, high = 0, peak = 0;
    for (long p = 0; p < k; p++) {
        low = x[p] < low ? x[p] : low, high = x[p] > high ? x[p] : high;
        peak = fabsf(w[p]) > peak ? fabsf(w[p]) : peak;
    }
    float range = high - low, inverse = range < 1e-36f ? 0 : 255 / range, weight = peak < 1e-36f ? 0 : 127 / peak;
    *scale_x = inverse == 0 ? 0 : range / 255, *scale_w = weight == 0 ? 0 : peak / 127;
    int zero = (int)rintf(-low * inverse), sum = 0, weights = 0;
    for (long p = 0; p < k; p++) {
        int u = (int)rintf(x[p] * inverse) + zero, q = (int)rintf(w[p] * weight);
        sum += (u > 255 ? 255 : u) * q, weights += q;
    }
    return (float)(sum - weights * zero);
}

static void whole_products(const char *name, const spaniel_products *p) {
    long different = 0;
    for (unsigned s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        long m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
        float *a = numbers(m * k), *b = numbers(n * k), *bias = numbers(n), *residual = numbers(m * n);
        if (m > 2) memset(a + k, 0, (size_t)k * 4);
        for (long q = 0; m > 2 && q < k; q++) a[q] = 3, b[q] = 1;  // the largest sums
        float *c = product(p, a, b, bias, residual, m, n, k);
        for (long i = 0; i < m; i++)
            for (long j = 0; j < n; j++) {
                float x, w, y = quantised_sum(a + i * k, b + j * k, k, &x, &w) * x;
                y = y * w;
                y = y + bias[j];
                y = (y > 0 ? y : 0) + residual[i * n + j];
                different += memcmp(&y, &c[i * (n + 3) + j], 4) != 0;
            }
        free(a), free(b), free(bias), free(residual), free(c);
    }
    check(name, "int8 products, other bits than the twin's", (double)different, 0);
}

static void attention(const char *name, const char *what, const spaniel_products *p, float (*reading)(float), double bound) {
    const long queries = 70, keys = 600, d = 14;
    float *q = numbers(queries * d), *k = numbers(keys * d), *v = numbers(keys * d), *out = numbers(queries * d);
    const float *query_rows[70], *key_rows[600], *value_rows[600];
    float *output_rows[70];
    for (long i = 0; i < queries; i++) query_rows[i] = q + i * d, output_rows[i] = out + i * d;
    for (long j = 0; j < keys; j++) key_rows[j] = k + j * d, value_rows[j] = v + j * d;
    void *packed_keys = numbers(keys * 300), *packed_values = numbers((keys + 64) * 300);
    p->pack_rows(keys, d, key_rows, packed_keys);
    p->pack_values(keys, d, value_rows, packed_values);
    spaniel_attention job = {.queries = queries, .keys = keys, .channels = d, .query_rows = query_rows,
        .output_rows = output_rows, .packed_keys = packed_keys, .packed_values = packed_values, .scale = 0.3f,
        .scratch = numbers(p->attention_scratch)};
    p->attention(&job);
    double worst = 0;
    for (long i = 0; i < queries; i++) {
        double total = 0, sums[14] = {0};
        for (long j = 0; j < keys; j++) {
            double score = 0;
            for (long c = 0; c < d; c++) score += (double)reading(q[i * d + c]) * reading(k[j * d + c]);
            double power = exp(score * 0.3);
            total += power;
            for (long c = 0; c < d; c++) sums[c] += power * reading(v[j * d + c]);
        }
        for (long c = 0; c < d; c++) worst = fmax(worst, fabs(out[i * d + c] - sums[c] / total));
    }
    check(name, what, worst, bound);
    free(q), free(k), free(v), free(out), free(packed_keys), free(packed_values), free(job.scratch);
}

static void rows(const char *name, const spaniel_kernels *kernels) {
    const long count = 37, channels = 91;
    float *x = numbers(count * channels), *y = numbers(count * channels), *weight = numbers(channels), *bias = numbers(channels);
    double norm = 0, soft = 0, gelu = 0;
    kernels->layer_norm(count, channels, x, weight, bias, 1e-6f, y);
    for (long r = 0; r < count; r++) {
        double mean = 0, variance = 0;
        for (long c = 0; c < channels; c++) mean += (double)x[r * channels + c] / channels;
        for (long c = 0; c < channels; c++) variance += pow(x[r * channels + c] - mean, 2) / channels;
        for (long c = 0; c < channels; c++)
            norm = fmax(norm, fabs((x[r * channels + c] - mean) / sqrt(variance + 1e-6) * weight[c] + bias[c] - y[r * channels + c]));
    }
    kernels->softmax(count, channels, x, y);
    for (long r = 0; r < count; r++) {
        double total = 0;
        for (long c = 0; c < channels; c++) total += exp(x[r * channels + c]);
        for (long c = 0; c < channels; c++) soft = fmax(soft, fabs(exp(x[r * channels + c]) / total - y[r * channels + c]));
    }
    for (long i = 0; i < count * channels; i++) x[i] *= 8;
    kernels->activate(count * channels, spaniel_gelu, x, y);
    for (long i = 0; i < count * channels; i++) gelu = fmax(gelu, fabs(0.5 * x[i] * (1 + erf(x[i] / sqrt(2))) - y[i]));
    check(name, "layer norm", norm, 2e-6);
    check(name, "softmax", soft, 1e-7);
    check(name, "GELU", gelu, 4e-6);
    free(x), free(y), free(weight), free(bias);
}

int main(void) {
    int tables = 0;
    for (int set = spaniel_baseline; set <= spaniel_amx_emulated; set++) {
        const spaniel_kernels *kernels = spaniel_kernels_for(set);
        if (!kernels) continue;
        tables++;
        products(kernels->name, "float32 products, in units of k epsilons", &kernels->float32, unrounded);
        products(kernels->name, "bfloat16 products, the same", &kernels->bfloat16, rounded);
        whole_products(kernels->name, &kernels->int8);
        attention(kernels->name, "float32 attention", &kernels->float32, unrounded, 2e-6);
        attention(kernels->name, "bfloat16 attention", &kernels->bfloat16, rounded, 0x1p-8);
        rows(kernels->name, kernels);
    }
    printf("%d sets of kernels, %d failures\n", tables, failures);
    return failures != 0;
}
