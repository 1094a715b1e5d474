#include <string.h>

#include "ci/mutate_points.h"
#include "ci/unit.h"

static struct source source;
static struct points points;
static char mutant[512];

/* Reads a text that is to be understood. */
static void read_text(const char *text)
{
    uint32_t line;
    points_free(&points);
    source_close(&source);
    EXPECT(source_open(&source, text, (uint32_t)strlen(text), &line) == NULL);
    EXPECT(points_find(&points, &source, &line) == NULL);
}

/* Makes the n-th mutant of an operator, from 0; false if there is none. */
static bool make_mutant(const char *operator_name, uint32_t n)
{
    for (uint32_t i = 0; i < points.count; i++) {
        const struct point *point = &points.all[i];
        if (strcmp(point->operator_name, operator_name) != 0 || n-- != 0)
            continue;
        (void)snprintf(mutant, sizeof(mutant), "%.*s%s%s", (int)point->begin, source.text,
                       point->replacement, source.text + point->end);
        return true;
    }
    return false;
}

static void expect_mutant(const char *operator_name, uint32_t n, const char *text)
{
    EXPECT(make_mutant(operator_name, n));
    if (strcmp(mutant, text) != 0) {
        printf("%s: found    %s\n%s: expected %s\n", operator_name, mutant, operator_name, text);
        exit(1);
    }
}

static uint32_t count_of(const char *operator_name)
{
    uint32_t count = 0;
    while (make_mutant(operator_name, count))
        count++;
    return count;
}

TEST(comparisons_become_their_neighbours_and_opposites)
{
    read_text("bool f(int a) { return a < b; }");
    expect_mutant("lt-le", 0, "bool f(int a) { return a <= b; }");
    expect_mutant("lt-ge", 0, "bool f(int a) { return a >= b; }");
    read_text("void f(void) { x = a != b; }");
    expect_mutant("ne-eq", 0, "void f(void) { x = a == b; }");
    expect_mutant("ne-lt", 0, "void f(void) { x = a < b; }");
    expect_mutant("ne-gt", 0, "void f(void) { x = a > b; }");
}

TEST(operands_reach_as_far_as_the_sign_binds)
{
    read_text("int f(void) { return a + b * (c - d) - g(e, 1u) << 2u; }");
    expect_mutant("swap-operands", 0,
                  "int f(void) { return a + b * ((d) - (c)) - g(e, 1u) << 2u; }");
    expect_mutant("swap-operands", 1,
                  "int f(void) { return (g(e, 1u)) - (a + b * (c - d)) << 2u; }");
    expect_mutant("swap-operands", 2,
                  "int f(void) { return (2u) << (a + b * (c - d) - g(e, 1u)); }");
    read_text("int f(void) { return a && b || !c; }");
    expect_mutant("left-only", 0, "int f(void) { return a || !c; }");
    expect_mutant("right-only", 0, "int f(void) { return b || !c; }");
    expect_mutant("left-only", 1, "int f(void) { return a && b; }");
    expect_mutant("right-only", 1, "int f(void) { return !c; }");
    expect_mutant("both-either", 0, "int f(void) { return a || b || !c; }");
    expect_mutant("unary", 0, "int f(void) { return a && b || c; }");
}

TEST(signs_before_an_operand_are_not_binary)
{
    read_text("void f(void) { *p = -1; x = (uint32_t)-1; y = &z; g(&a, *b); return; }");
    EXPECT_EQUAL(count_of("sub-add"), 0);
    EXPECT_EQUAL(count_of("mul-add"), 0);
    EXPECT_EQUAL(count_of("and-or"), 0);
    read_text("void f(void) { x = (a) - 1; y = a[1] & b; z = g() * 2; }");
    EXPECT_EQUAL(count_of("sub-add"), 1);
    EXPECT_EQUAL(count_of("and-or"), 1);
    EXPECT_EQUAL(count_of("mul-add"), 1);
}

TEST(constants_move_by_one)
{
    read_text("int f(void) { return a + 31u - SIZE; }");
    expect_mutant("plus1", 0, "int f(void) { return a + (31u + 1) - SIZE; }");
    expect_mutant("minus1", 0, "int f(void) { return a + (31u - 1) - SIZE; }");
    expect_mutant("zero", 0, "int f(void) { return a + 0 - SIZE; }");
    expect_mutant("minus1", 1, "int f(void) { return a + 31u - (SIZE - 1); }");
    read_text("int f(void) { return a + 0; }");
    EXPECT_EQUAL(count_of("minus1") + count_of("zero"), 0);
    read_text("void f(void) { x = load(h, FIELD); }");
    EXPECT_EQUAL(count_of("plus1"), 1);
    EXPECT_EQUAL(count_of("minus1"), 0);
}

TEST(statements_are_dropped)
{
    read_text("void f(void)\n{\n    if (a)\n        g(b);\n    x += 1;\n    return;\n}\n");
    EXPECT_EQUAL(count_of("drop"), 3);
    expect_mutant("drop", 0,
                  "void f(void)\n{\n    if (a)\n        ;\n    x += 1;\n    return;\n}\n");
    expect_mutant("addto-set", 0,
                  "void f(void)\n{\n    if (a)\n        g(b);\n    x = 1;\n    return;\n}\n");
    read_text("void f(void) { uint32_t s = disable(); g(); restore(s); }");
    expect_mutant("drop-call-1", 0, "void f(void) { uint32_t s = 1; g(); restore(s); }");
    expect_mutant("drop", 1, "void f(void) { uint32_t s = disable(); g(); ; }");
    read_text("void f(void) { for (int i = 0; i < n; i++) g(i); }");
    expect_mutant("drop", 0, "void f(void) { for (int i = 0; i < n; ) g(i); }");
    read_text("void f(void) { switch (a) { case 1: g(); break; default: break; } }");
    EXPECT_EQUAL(count_of("drop"), 3);
}

TEST(conditions_are_negated_and_settled)
{
    read_text("void f(void) { if (a == b) g(); else h(); }");
    expect_mutant("negate", 0, "void f(void) { if (!(a == b)) g(); else h(); }");
    expect_mutant("always", 0, "void f(void) { if (1) g(); else h(); }");
    expect_mutant("never", 0, "void f(void) { if (0) g(); else h(); }");
    read_text("void f(void) { while (a) g(); do h(); while (b); for (;;) g(); }");
    EXPECT_EQUAL(count_of("never"), 2);
    EXPECT_EQUAL(count_of("always"), 0);
    EXPECT_EQUAL(count_of("drop"), 3);
    read_text("int f(void) { return a + (b < c ? d : e); }");
    expect_mutant("always", 0, "int f(void) { return a + (1 ? d : e); }");
    expect_mutant("negate", 0, "int f(void) { return a + (!(b < c) ? d : e); }");
}

TEST(returns_are_replaced_by_what_the_type_allows)
{
    read_text("static inline vaddr_t f(int a) { return g(a); }");
    expect_mutant("return-0", 0, "static inline vaddr_t f(int a) { return (vaddr_t){0}; }");
    EXPECT_EQUAL(count_of("return-1"), 0);
    read_text("APART static vaddr_t f(int a) { return g(a); }");
    expect_mutant("return-0", 0, "APART static vaddr_t f(int a) { return (vaddr_t){0}; }");
    read_text("static bool f(void) { return a; }");
    expect_mutant("return-0", 0, "static bool f(void) { return 0; }");
    expect_mutant("return-1", 0, "static bool f(void) { return 1; }");
    expect_mutant("negate", 0, "static bool f(void) { return !(a); }");
    read_text("const char *f(void) { return g(); }");
    EXPECT_EQUAL(count_of("return-0"), 1);
    EXPECT_EQUAL(count_of("return-1"), 0);
}

TEST(neighbours_in_lists_change_places)
{
    read_text("void f(void) { g(a, b + 1, c); s = (struct s){.x = 1, .y = h(i)}; }");
    expect_mutant("swap-elements", 0,
                  "void f(void) { g(b + 1, a, c); s = (struct s){.x = 1, .y = h(i)}; }");
    expect_mutant("swap-elements", 1,
                  "void f(void) { g(a, c, b + 1); s = (struct s){.x = 1, .y = h(i)}; }");
    expect_mutant("drop-member", 0, "void f(void) { g(a, b + 1, c); s = (struct s){ .y = h(i)}; }");
    expect_mutant("drop-member", 1, "void f(void) { g(a, b + 1, c); s = (struct s){.x = 1, }; }");
}

TEST(only_the_code_in_functions_is_changed)
{
    read_text("#define A(x) ((x) + \\\n  1)\n"
              "_Static_assert(A(1) == 2, \"1 + 1\");\n"
              "enum e { X = 1, Y };\n"
              "struct s { int a[4]; };\n"
              "static const int t[] = {1, 2};\n"
              "int g(int a[2]);\n"
              "void f(void) { const char *s; struct s t[2]; /* a + 1 */ // b + 1\n }\n");
    EXPECT_EQUAL(points.count, 0);
    read_text("void f(void) { puts(\"a + 1\"); }");
    EXPECT_EQUAL(points.count, 1);
}

TEST(names_tell_points_apart)
{
    read_text("void f(void)\n{\n    x = a + b + c;\n    x = a + b + c;\n}\n"
              "void g(void)\n{\n    x = a + b + c;\n}\n");
    uint32_t highest = 0;
    for (uint32_t i = 0; i < points.count; i++)
        for (uint32_t j = 0; j < i; j++) {
            const struct point *a = &points.all[i];
            const struct point *b = &points.all[j];
            bool same = strcmp(a->operator_name, b->operator_name) == 0;
            EXPECT(!same || a->token != b->token);
            EXPECT(!same || a->function != b->function || a->ordinal != b->ordinal);
            highest = a->ordinal > highest ? a->ordinal : highest;
        }
    EXPECT_EQUAL(highest, 4);
}

TEST(damaged_sources_are_refused)
{
    static const char *const texts[] = {"void f(void) {", "void f(void) { g(]; }", "/* a",
                                        "char *s = \"a\n\";"};
    uint32_t line;
    for (uint32_t i = 0; i < 4; i++) {
        source_close(&source);
        EXPECT(source_open(&source, texts[i], (uint32_t)strlen(texts[i]), &line) != NULL);
        EXPECT_EQUAL(line, 1);
    }
}

TEST_MAIN(RUN(comparisons_become_their_neighbours_and_opposites)
              RUN(operands_reach_as_far_as_the_sign_binds)
                  RUN(signs_before_an_operand_are_not_binary) RUN(constants_move_by_one)
                      RUN(statements_are_dropped) RUN(conditions_are_negated_and_settled)
                          RUN(returns_are_replaced_by_what_the_type_allows)
                              RUN(neighbours_in_lists_change_places)
                                  RUN(only_the_code_in_functions_is_changed)
                                      RUN(names_tell_points_apart) RUN(damaged_sources_are_refused))
