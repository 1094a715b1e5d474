/* The same claims on the window port. */
#include "fuzz/poison_test.c"
