#include "kernels.h"

extern const spaniel_kernels spaniel_table_baseline, spaniel_table_amx_emulated;
#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
extern const spaniel_kernels spaniel_table_avx2, spaniel_table_avx2vnni, spaniel_table_avx512,
    spaniel_table_avx512vnni, spaniel_table_avx512bf16, spaniel_table_amx;

static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

// AVX-VNNI, which clang's runtime does not know by name: bit 4 of EAX in leaf 7, subleaf 1.
static int has_avx2vnni(void) {
    unsigned a, b, c, d;
    return has_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && a >> 4 & 1;
}

static int has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("fma");
}

static int has_avx512vnni(void) { return has_avx512() && __builtin_cpu_supports("avx512vnni"); }

static int has_avx512bf16(void) { return has_avx512vnni() && __builtin_cpu_supports("avx512bf16"); }

// Returns whether the processor has AMX for bfloat16 and bytes and the system lets this process use it. Linux requires
// that a process asks for it (since 5.16), and a container or an older kernel may refuse.
static int has_amx(void) {
#if defined(__linux__)
    unsigned a, b, c, d;
    const unsigned tile = 1u << 24, bf16 = 1u << 22, int8 = 1u << 25;
    if (!has_avx512bf16() || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    if ((d & (tile | bf16 | int8)) != (tile | bf16 | int8)) return 0;
    const long request_permission = 0x1023, tile_data = 18;
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
    return 0;
#endif
}
#elif defined(__aarch64__)
#if defined(__linux__)
#include <sys/auxv.h>
#endif
extern const spaniel_kernels spaniel_table_dotprod;

// Products of bytes: every Apple processor for computers has them, others say so (HWCAP_ASIMDDP).
static int has_dotprod(void) {
#if defined(__APPLE__)
    return 1;
#elif defined(__linux__)
    return (getauxval(AT_HWCAP) >> 20 & 1) != 0;
#else
    return 0;
#endif
}
#endif

int spaniel_bfloat16_is_faster(int instruction_set) {
#if defined(__x86_64__)
    // Intel's processors start a VDPBF16PS of 64 operations every other cycle and two multiply-adds of 32 every
    // cycle (86 and 177 GFLOP/s of one Emerald Rapids core): without tiles bfloat16 is half as fast there. AMD's
    // (Zen 4 and 5) do twice as much in bfloat16.
    if (instruction_set == spaniel_avx512bf16) return !__builtin_cpu_is("intel");
#endif
    return instruction_set == spaniel_amx;
}

const spaniel_kernels *spaniel_kernels_for(int instruction_set) {
    switch (instruction_set) {
    case spaniel_baseline:
        return &spaniel_table_baseline;
    case spaniel_amx_emulated:
        return &spaniel_table_amx_emulated;
#if defined(__x86_64__)
    case spaniel_avx2:
        return has_avx2() ? &spaniel_table_avx2 : 0;
    case spaniel_avx2vnni:
        return has_avx2vnni() ? &spaniel_table_avx2vnni : 0;
    case spaniel_avx512:
        return has_avx512() ? &spaniel_table_avx512 : 0;
    case spaniel_avx512vnni:
        return has_avx512vnni() ? &spaniel_table_avx512vnni : 0;
    case spaniel_avx512bf16:
        return has_avx512bf16() ? &spaniel_table_avx512bf16 : 0;
    case spaniel_amx:
        return has_amx() ? &spaniel_table_amx : 0;
#elif defined(__aarch64__)
    case spaniel_dotprod:
        return has_dotprod() ? &spaniel_table_dotprod : 0;
#endif
    default:
        return 0;
    }
}
