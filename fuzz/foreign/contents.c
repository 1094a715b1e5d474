#include "fuzz/foreign/contents.h"

#include "fuzz/foreign/bytes.h"

/* Words of blocks at any address. */
struct word {
    uint32_t value;
} __attribute__((packed, may_alias));

/* A pattern is s, s + d, s + 2 d, ...: additions alone. */
struct pattern {
    uint32_t start;
    uint32_t step;
};

static struct pattern pattern_of(uint32_t seed)
{
    uint32_t start = (seed + 1u) * 0x9E3779B1u;
    uint32_t step = (start ^ start >> 15) * 0x85EBCA6Bu;
    return (struct pattern){start, step | 0x01010101u};
}

uint32_t contents_word(uint32_t seed, uintptr_t offset)
{
    struct pattern pattern = pattern_of(seed);
    return pattern.start + (uint32_t)(offset / 4u) * pattern.step;
}

/* So many words of the pattern at once, wherever they lie. */
#define LANES 4u

typedef uint32_t lanes_t __attribute__((vector_size(4 * LANES)));
typedef uint32_t lanes_anywhere_t __attribute__((vector_size(4 * LANES), aligned(1), may_alias));

_Static_assert(sizeof(lanes_t) == 4u * LANES, "lanes are words");

#define LANES_FROM(word, step)                                                                     \
    {                                                                                              \
        (word), (word) + (step), (word) + 2u * (step), (word) + 3u * (step)                        \
    }

#define any_of(lanes) (((lanes)[0] | (lanes)[1] | (lanes)[2] | (lanes)[3]) != 0)

/* Offsets [from, to) of a block, multiples of 4. */
static void write_words(uintptr_t at, uintptr_t from, uintptr_t to, struct pattern pattern)
{
    uint32_t word = pattern.start + (uint32_t)(from / 4u) * pattern.step;
    uintptr_t o = from;
    if (to - from >= sizeof(lanes_t)) {
        lanes_t lanes = LANES_FROM(word, pattern.step);
        for (; to - o >= sizeof(lanes_t); o += sizeof(lanes_t), lanes += LANES * pattern.step)
            *(lanes_anywhere_t *)(at + o) = lanes;
        word = lanes[0];
    }
    for (; o < to; o += 4u, word += pattern.step)
        ((struct word *)(at + o))->value = word;
}

/* Returns the offset of the first word that differs, or `to`. */
static uintptr_t check_words(uintptr_t at, uintptr_t from, uintptr_t to, struct pattern pattern)
{
    uint32_t first = pattern.start + (uint32_t)(from / 4u) * pattern.step;
    uint32_t word = first;
    uintptr_t o = from;
    if (to - from >= sizeof(lanes_t)) {
        lanes_t lanes = LANES_FROM(word, pattern.step);
        lanes_t different = {0};
        /* Mostly none is: without a branch in the loop. */
        for (; to - o >= sizeof(lanes_t); o += sizeof(lanes_t), lanes += LANES * pattern.step)
            different |= *(const lanes_anywhere_t *)(at + o) ^ lanes;
        word = lanes[0];
        if (any_of(different)) {
            word = first;
            o = from;
        }
    }
    for (; o < to; o += 4u, word += pattern.step)
        if (((const struct word *)(at + o))->value != word)
            return o;
    return to;
}

/* The same where `to` need not be a multiple of 4. */
static uintptr_t check_end(uintptr_t at, uintptr_t from, uintptr_t to, uint32_t seed)
{
    uintptr_t words_end = to & ~(uintptr_t)3;
    uintptr_t damage = check_words(at, from, words_end, pattern_of(seed));
    if (damage != words_end)
        return damage;
    uint32_t last = contents_word(seed, words_end);
    for (uintptr_t o = words_end; o < to; o++)
        if (*(const byte_t *)(at + o) != (uint8_t)(last >> 8u * (o - words_end)))
            return words_end;
    return to;
}

_Static_assert(CONTENTS_END <= CONTENTS_STRIDE, "the first word between lies behind the first end");

/* The words between the ends lie at multiples of it. */
static uintptr_t stride_of(uintptr_t size_bytes)
{
    uintptr_t stride = CONTENTS_STRIDE;
    while (size_bytes / stride > CONTENTS_WORDS)
        stride *= 2u;
    return stride;
}

/* Where the end that is filled wholly begins; a small block has nothing before it. */
static uintptr_t tail_start(uintptr_t size_bytes, uint32_t seed)
{
    if (size_bytes <= 2u * CONTENTS_END || contents_whole(size_bytes, seed))
        return 0;
    return (size_bytes - CONTENTS_END) & ~(uintptr_t)3;
}

void contents_write(uintptr_t at, uintptr_t size_bytes, uint32_t seed)
{
    struct pattern pattern = pattern_of(seed);
    uintptr_t words_end = size_bytes & ~(uintptr_t)3;
    uintptr_t tail = tail_start(size_bytes, seed);
    if (tail != 0) {
        uintptr_t stride = stride_of(size_bytes);
        write_words(at, 0, CONTENTS_END, pattern);
        for (uintptr_t o = stride; o < tail; o += stride)
            write_words(at, o, o + 4u, pattern);
    }
    write_words(at, tail, words_end, pattern);
    uint32_t last = contents_word(seed, words_end);
    for (uintptr_t o = words_end; o < size_bytes; o++)
        *(byte_t *)(at + o) = (uint8_t)(last >> 8u * (o - words_end));
}

uintptr_t contents_find_damage(uintptr_t at, uintptr_t size_bytes, uint32_t seed,
                               uintptr_t upto_bytes)
{
    struct pattern pattern = pattern_of(seed);
    uintptr_t upto = upto_bytes < size_bytes ? upto_bytes : size_bytes;
    uintptr_t words_end = upto & ~(uintptr_t)3;
    uintptr_t tail = tail_start(size_bytes, seed);
    uintptr_t from = tail < words_end ? tail : words_end;
    uintptr_t damage;
    if (tail != 0) {
        uintptr_t head = CONTENTS_END < words_end ? CONTENTS_END : words_end;
        damage = check_words(at, 0, head, pattern);
        if (damage != head)
            return damage;
        uintptr_t stride = stride_of(size_bytes);
        for (uintptr_t o = stride; o < from; o += stride)
            if (check_words(at, o, o + 4u, pattern) != o + 4u)
                return o;
        /* Words between those of the stride were not written. */
        if (from < tail && words_end >= CONTENTS_END && words_end % stride != 0)
            return upto_bytes;
    }
    damage = check_end(at, from, upto, seed);
    return damage < upto ? damage : upto_bytes;
}

uintptr_t contents_find_tail_damage(uintptr_t at, uintptr_t size_bytes, uint32_t seed,
                                    uintptr_t from)
{
    return check_end(at, from & ~(uintptr_t)3, size_bytes, seed);
}

void contents_fill(uintptr_t at, uintptr_t size_bytes, uint8_t byte)
{
    byte_t *bytes = (byte_t *)at;
    for (uintptr_t i = 0; i < size_bytes; i++)
        bytes[i] = byte;
}

uintptr_t contents_find_other(uintptr_t at, uintptr_t size_bytes, uint8_t byte)
{
    uint32_t word = byte * 0x01010101u;
    lanes_t lanes = LANES_FROM(word, 0u);
    lanes_t different = {0};
    uintptr_t o = 0;
    for (; size_bytes - o >= sizeof(lanes_t); o += sizeof(lanes_t))
        different |= *(const lanes_anywhere_t *)(at + o) ^ lanes;
    if (any_of(different))
        o = 0;
    for (; o < size_bytes; o++)
        if (*(const byte_t *)(at + o) != byte)
            return o;
    return size_bytes;
}

uint32_t contents_read(uintptr_t at, uintptr_t left_bytes)
{
    uint32_t word = 0;
    for (uintptr_t i = 0; i < 4u && i < left_bytes; i++)
        word |= (uint32_t) * (const byte_t *)(at + i) << 8u * i;
    return word;
}
