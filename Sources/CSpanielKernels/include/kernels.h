// The fast kernels: one table of functions for each instruction set, all compiled from kernels.inc. The naive
// twin of each function in Sources/Tensor/Kernels/Reference.swift is its documentation; this header adds what
// the twin cannot say.
#pragma once

/// The most channels of a head that attention accepts.
#define SPANIEL_HEAD_CHANNELS 256
/// The most channels of a head that float32's attention computes without writing scores out.
#define SPANIEL_NARROW_CHANNELS 24
/// The most members of a group that softmax_across accepts.
#define SPANIEL_SOFTMAX_MEMBERS 64
/// The number of floats behind a row that softmax_across may read and overwrite.
#define SPANIEL_SOFTMAX_SLACK 16

enum spaniel_activation { spaniel_identity = 0, spaniel_relu = 1, spaniel_gelu = 2, spaniel_quick_gelu = 3, spaniel_silu = 4 };

/// A product C = activation(A Bᵀ + bias) + residual for `m` rows of A and the packed panels `panel_begin ..<
/// panel_end` of B.
typedef struct {
    long m, n, k;
    const float *a;
    long lda;
    const void *packed;     // panels of `columns` columns, as the precision's pack_rows made them
    float *c;
    long ldc;
    const float *bias;      // [n] or null
    const float *residual;  // like c, or null
    long ldr;
    int activation;
    long panel_begin, panel_end;
    float *scratch;         // product_scratch floats, one thread's own
} spaniel_product;

/// One head's attention for some queries over all its keys, softmax(q kᵀ scale + bias) v, in one pass over
/// blocks of keys.
typedef struct {
    long queries, keys, channels;       // channels of one head, at most SPANIEL_HEAD_CHANNELS
    const float *const *query_rows;     // [queries]
    float *const *output_rows;          // [queries]
    const void *packed_keys;            // pack_rows of the keys, a panel a `columns` keys
    const void *packed_values;          // pack_values of the values
    float scale;
    int causal;                         // query i sees the keys 0 ... first_query + i
    long first_query;
    // The tables of the decomposed relative positions, packed by pack_rows (for int8, by float32's): 2h-1 rows
    // reversed, then 2w-1 rows reversed; null without positions.
    const void *packed_positions;
    long grid_height, grid_width;
    const int *query_positions;         // [queries], row-major place of each query in the window
    // What is added to a query's scaled scores: rows of bias_stride floats, a multiple of `columns` and at
    // least the keys, one for each place; null without. There are never both.
    const float *biases;
    long bias_stride;
    // [queries] each or null: a reference, as a power of two, which is the highest score or near it, and the
    // sum of the powers relative to it, with which answers from parts of the keys are combined.
    float *maxima, *totals;
    float *scratch;                     // attention_scratch floats, one thread's own
} spaniel_attention;

/// One row of a depthwise convolution of 3 × 3, whose nine weights and neighbours are added row by row.
typedef struct {
    long columns, channels;             // of the result
    long stride;                        // of the middles along the row
    const float *rows[3];               // above, middle and below, each [width][channels], or null for zeros
    long width;                         // cells outside a row are zeros
    long first;                         // the cell in the middle of the first result
    const float *weight;                // [9][channels]
    const float *bias;                  // [channels]
    int activation;
    float *y;                           // [columns][channels]
} spaniel_depthwise;

/// Products and attention in one precision. In bfloat16 both sides of every product are rounded to it and the
/// sums are float32. In int8 both are quantised, B by columns and A by rows, and the sums are whole numbers; its
/// attention has 16 bits, and is null where float32 or bfloat16 is faster. Inputs and outputs are float32 in all.
typedef struct {
    int columns;                        // a panel's width
    int row_block;                      // rows a product packs at once: split work by multiples of it
    int depth;                          // the inner extent is filled up to a multiple of it
    int operand_bytes;                  // a packed number's size
    int attention_bytes;                // a packed number's size among attention's keys and values
    int column_bytes;                   // what a packed matrix has for each column besides its numbers
    long product_scratch;               // floats
    long attention_scratch;             // floats

    /// Packs a matrix given by its rows, B[n][k], into panels: rows become columns, and zeros fill what is
    /// beyond n or k. In int8 it packs the keys of attention alone.
    void (*pack_rows)(long n, long k, const float *const *rows, void *packed);
    /// Packs some panels of a matrix whose rows are equally spaced.
    void (*pack_matrix)(long n, long k, const float *b, long ldb, long panel_begin, long panel_end,
                        void *packed);
    /// Packs the values of one head's attention, given by the keys' rows of `channels` floats, into no more
    /// space than the larger of a matrix of `keys` columns and one of `channels` columns.
    void (*pack_values)(long keys, long channels, const float *const *rows, void *packed);
    void (*product)(const spaniel_product *p);
    void (*attention)(const spaniel_attention *p);
} spaniel_products;

typedef struct {
    const char *name;
    spaniel_products float32, bfloat16, int8;

    void (*layer_norm)(long rows, long channels, const float *x, const float *weight, const float *bias,
                       float epsilon, float *y);
    void (*softmax)(long rows, long columns, const float *x, float *y);
    /// Computes in place, for each row x[members][groups], the softmax over the members of every group.
    void (*softmax_across)(long rows, long members, long groups, float *x, long ldx);
    void (*activate)(long count, int activation, const float *x, float *y);
    void (*exponential)(long count, const float *x, float *y);
    void (*error_function)(long count, const float *x, float *y);
    void (*sigmoid)(long count, const float *x, float *y);
    /// Computes y = a (op) b, where b repeats every `period` elements; op is 0 add, 1 subtract, 2 multiply.
    void (*combine)(int op, long count, long period, const float *a, const float *b, float *y);
    void (*depthwise)(const spaniel_depthwise *row);
} spaniel_kernels;

enum spaniel_instruction_set {
    spaniel_baseline,
    spaniel_dotprod,
    spaniel_avx2,
    spaniel_avx2vnni,
    spaniel_avx512,
    spaniel_avx512vnni,
    spaniel_avx512bf16,
    spaniel_amx,
    spaniel_amx_emulated,  // for tests of the AMX kernels
};

/// Returns the table of an instruction set, or null if this processor or this build lacks it.
const spaniel_kernels *spaniel_kernels_for(int instruction_set);

/// Returns whether this processor multiplies bfloat16 faster than float32 with an instruction set.
int spaniel_bfloat16_is_faster(int instruction_set);

/// Tells the processor that this thread waits in a loop.
static inline void spaniel_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Returns the number of processors that the scheduler lets this process use, at least 1.
long spaniel_processor_count(void);
