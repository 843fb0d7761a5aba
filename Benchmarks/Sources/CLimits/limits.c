#define _GNU_SOURCE
#include "limits.h"
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

double limits_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

long limits_peak_memory(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#if defined(__APPLE__)
    return usage.ru_maxrss;
#else
    return usage.ru_maxrss * 1024;
#endif
}

// Enough sums in flight to hide the latency of four or five cycles on two units, few enough for the registers
// there are.
#define ROUNDS 4000000L

typedef float vector4 __attribute__((vector_size(16)));
typedef float vector8 __attribute__((vector_size(32)));
typedef float vector16 __attribute__((vector_size(64)));

// The factors come from outside, or the compiler would know some of the sums beforehand.
#define SUMS(name, vector, sums, attributes)                                                                                     \
    attributes static float name(long rounds, float factor, float term) {                                                        \
        vector s[sums];                                                                                                          \
        vector x = (vector){0} + factor, y = (vector){0} + term;                                                                 \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < sums; i++) s[i] = (vector){0} + (float)i;                         \
        for (long round = 0; round < rounds; round++) {                                                                          \
            _Pragma("clang fp contract(fast)") _Pragma("clang loop unroll(full)") for (int i = 0; i < sums; i++) s[i] = s[i] * x + y; \
        }                                                                                                                        \
        vector total = s[0];                                                                                                     \
        _Pragma("clang loop unroll(full)") for (int i = 1; i < sums; i++) total += s[i];                                         \
        float result = 0;                                                                                                        \
        for (unsigned i = 0; i < sizeof total / sizeof(float); i++) result += total[i];                                          \
        return result;                                                                                                           \
    }

#if defined(__x86_64__)
SUMS(sums_baseline, vector4, 12, )
SUMS(sums_avx2, vector8, 12, __attribute__((target("avx2,fma"))))
SUMS(sums_avx512, vector16, 24, __attribute__((target("avx512f"))))

__attribute__((target("avx512f,avx512bf16"))) static float sums_avx512bf16(long rounds, float factor, float term) {
    __m512 s[24];
    // Pairs of the first 16 bits of each number.
    const __m512bh x = (__m512bh)_mm512_set1_ps(factor), y = (__m512bh)_mm512_set1_ps(term);
    _Pragma("clang loop unroll(full)") for (int i = 0; i < 24; i++) s[i] = _mm512_set1_ps((float)i);
    for (long round = 0; round < rounds; round++) {
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 24; i++) s[i] = _mm512_dpbf16_ps(s[i], x, y);
        // Else the compiler would not see that a round depends on the one before.
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 24; i++) __asm__ volatile("" : "+v"(s[i]));
    }
    _Pragma("clang loop unroll(full)") for (int i = 1; i < 24; i++) s[0] = _mm512_add_ps(s[0], s[i]);
    return _mm512_reduce_add_ps(s[0]);
}

// Products of bytes, four to a sum.
#define BYTE_SUMS(name, vector, sums, add, attributes)                                                                           \
    attributes static float name(long rounds, float factor, float term) {                                                        \
        vector s[sums], x, y;                                                                                                    \
        memset(&x, (int)(factor * 100), sizeof x), memset(&y, (int)(term * 1000), sizeof y), memset(s, 0, sizeof s);             \
        for (long round = 0; round < rounds; round++) {                                                                          \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < sums; i++) s[i] = add(s[i], x, y);                            \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < sums; i++) __asm__ volatile("" : "+v"(s[i]));                 \
        }                                                                                                                        \
        int parts[sizeof s / (sizeof(int))], total = 0;                                                                          \
        memcpy(parts, s, sizeof s);                                                                                              \
        for (unsigned i = 0; i < sizeof parts / sizeof(int); i++) total += parts[i];                                             \
        return (float)total;                                                                                                     \
    }
BYTE_SUMS(sums_avx2vnni, __m256i, 12, _mm256_dpbusd_avx_epi32, __attribute__((target("avxvnni,avx2"))))
BYTE_SUMS(sums_avx512vnni, __m512i, 24, _mm512_dpbusd_epi32, __attribute__((target("avx512f,avx512vnni"))))

// Four sums and two operands of each side, as the tiles of a product have it; nothing is loaded.
__attribute__((target("avx512f,amx-tile,amx-bf16"))) static float sums_amx(long rounds, float factor, float term) {
    (void)factor, (void)term;
    struct { uint8_t palette, start, reserved[14]; uint16_t bytes[16]; uint8_t rows[16]; } __attribute__((aligned(64))) shapes = {.palette = 1};
    for (int i = 0; i < 8; i++) shapes.bytes[i] = 64, shapes.rows[i] = 16;
    _tile_loadconfig(&shapes);
    _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3), _tile_zero(4), _tile_zero(5), _tile_zero(6), _tile_zero(7);
    for (long round = 0; round < rounds; round++) {
        _tile_dpbf16ps(0, 4, 6), _tile_dpbf16ps(1, 4, 7), _tile_dpbf16ps(2, 5, 6), _tile_dpbf16ps(3, 5, 7);
    }
    _tile_release();
    return 0;
}

__attribute__((target("avx512f,amx-tile,amx-int8"))) static float sums_amx_int8(long rounds, float factor, float term) {
    (void)factor, (void)term;
    struct { uint8_t palette, start, reserved[14]; uint16_t bytes[16]; uint8_t rows[16]; } __attribute__((aligned(64))) shapes = {.palette = 1};
    for (int i = 0; i < 8; i++) shapes.bytes[i] = 64, shapes.rows[i] = 16;
    _tile_loadconfig(&shapes);
    _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3), _tile_zero(4), _tile_zero(5), _tile_zero(6), _tile_zero(7);
    for (long round = 0; round < rounds; round++) {
        _tile_dpbusd(0, 4, 6), _tile_dpbusd(1, 4, 7), _tile_dpbusd(2, 5, 6), _tile_dpbusd(3, 5, 7);
    }
    _tile_release();
    return 0;
}

// Whether the processor has tiles and the kernel lends them to this process.
static int tiles_are_lent(void) {
#if defined(__linux__)
    unsigned a, b, c, d;
    __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(7), "c"(0));
    return (d >> 22 & 1) && (d >> 24 & 1) && syscall(SYS_arch_prctl, 0x1023, 18) == 0;
#else
    return 0;
#endif
}
#else
SUMS(sums_baseline, vector4, 24, )
#endif

typedef struct {
    float (*sums)(long, float, float);
    const float *memory;
    size_t count;
    volatile float result;
} work;

static void *compute(void *argument) {
    work *w = argument;
    w->result = w->sums(ROUNDS, 0.999f, 0.001f);
    return NULL;
}

static void *read_through(void *argument) {
    work *w = argument;
    vector16 total[4] = {{0}};
    for (size_t i = 0; i + 64 <= w->count; i += 64)
        for (int k = 0; k < 4; k++) {
            vector16 next;
            memcpy(&next, w->memory + i + 16 * k, sizeof next);
            total[k] += next;
        }
    w->result = total[0][0] + total[1][0] + total[2][0] + total[3][0];
    return NULL;
}

/// The best of several times of all threads together, for two seconds at least: on a lent machine a processor
/// may be another's for a while.
static double best_time(void *(*body)(void *), work *works, int threads, int tries) {
    double best = 1e30;
    const double begin = limits_now();
    for (int try = 0; try < tries || limits_now() - begin < 2; try++) {
        pthread_t others[256];
        int started = 0;
        double start = limits_now();
        for (int i = 1; i < threads; i++, started++)
            if (pthread_create(&others[i], NULL, body, &works[i]) != 0) break;
        body(&works[0]);
        for (int i = 1; i <= started; i++) pthread_join(others[i], NULL);
        double time = limits_now() - start;
        if (started == threads - 1 && time < best) best = time;
    }
    return best;
}

static int clamped(int threads) { return threads < 1 ? 1 : threads > 256 ? 256 : threads; }

double limits_arithmetic(enum limits_set set, int threads) {
    threads = clamped(threads);
    float (*sums)(long, float, float) = sums_baseline;
    double each = 12 * 4;
#if defined(__x86_64__)
    if (set == limits_avx2) {
        if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
        sums = sums_avx2, each = 12 * 8;
    } else if (set == limits_avx512) {
        if (!__builtin_cpu_supports("avx512f")) return 0;
        sums = sums_avx512, each = 24 * 16;
    } else if (set == limits_avx512bf16) {
        if (!__builtin_cpu_supports("avx512bf16")) return 0;
        sums = sums_avx512bf16, each = 24 * 32;
    } else if (set == limits_amx) {
        if (!tiles_are_lent()) return 0;
        sums = sums_amx, each = 4 * 16 * 16 * 32;
    } else if (set == limits_amx_int8) {
        if (!tiles_are_lent()) return 0;
        sums = sums_amx_int8, each = 4 * 16 * 16 * 64;
    } else if (set == limits_avx2vnni) {
        // Bit 4 of EAX in leaf 7, subleaf 1.
        unsigned a, b, c, d;
        if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 4 & 1)) return 0;
        sums = sums_avx2vnni, each = 12 * 32;
    } else if (set == limits_avx512vnni) {
        if (!__builtin_cpu_supports("avx512vnni")) return 0;
        sums = sums_avx512vnni, each = 24 * 64;
    }
#else
    if (set != limits_baseline) return 0;
    each = 24 * 4;
#endif
    work works[256];
    for (int i = 0; i < threads; i++) works[i] = (work){.sums = sums};
    return threads * 2.0 * each * ROUNDS / best_time(compute, works, threads, set == limits_amx || set == limits_amx_int8 ? 10 : 40);
}

double limits_reading(int threads) {
    threads = clamped(threads);
    const size_t bytes = (size_t)512 << 20, each = bytes / sizeof(float) / (size_t)threads;
    float *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (memory == MAP_FAILED) return 0;
    memset(memory, 1, bytes);
    work works[256];
    for (int i = 0; i < threads; i++) works[i] = (work){.memory = memory + (size_t)i * each, .count = each};
    double time = best_time(read_through, works, threads, 5);
    munmap(memory, bytes);
    return (double)threads * (double)each * sizeof(float) / time;
}
