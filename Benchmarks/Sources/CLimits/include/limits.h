#ifndef LIMITS_H
#define LIMITS_H

/// What the processor could do at best, to set our figures beside. Each call takes some tenths of a second.

enum limits_set { limits_baseline, limits_avx2, limits_avx512, limits_avx512bf16, limits_amx, limits_avx2vnni, limits_avx512vnni, limits_amx_int8 };

/// Operations per second (an addition and a multiplication are two) of `threads` threads that only multiply
/// and add in registers: of float32, for the last two sets of bfloat16 summed in float32; 0 when the
/// processor lacks the instructions, or the kernel its tiles.
double limits_arithmetic(enum limits_set set, int threads);

/// Bytes per second that `threads` threads read from memory.
double limits_reading(int threads);

/// Seconds on a clock that never goes back.
double limits_now(void);

/// The most memory this process has held, in bytes; 0 where the system does not say.
long limits_peak_memory(void);

#endif
