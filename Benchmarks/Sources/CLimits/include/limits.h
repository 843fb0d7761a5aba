#ifndef LIMITS_H
#define LIMITS_H

/// What the processor could do at best, to set our figures beside. Each call takes some tenths of a second.

enum limits_set { limits_baseline, limits_avx2, limits_avx512 };

/// Float32 operations per second (an addition and a multiplication each) of `threads` threads that only multiply and add in registers;
/// 0 when the processor lacks the instructions.
double limits_arithmetic(enum limits_set set, int threads);

/// Bytes per second that `threads` threads read from memory.
double limits_reading(int threads);

/// Seconds on a clock that never goes back.
double limits_now(void);

/// The most memory this process has held, in bytes; 0 where the system does not say.
long limits_peak_memory(void);

#endif
