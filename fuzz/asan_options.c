/* What AddressSanitizer asks for at its start. Nothing under test calls malloc, so what was freed
 * need not be kept to be found again, nor where it came from: that is only libFuzzer's copy of each
 * input. Only where AddressSanitizer is: fuzzing services refuse a build with another sanitizer
 * that has anything of this one in it. */

const char *__asan_default_options(void); /* NOLINT(bugprone-reserved-identifier): its name */

const char *__asan_default_options(void) /* NOLINT(bugprone-reserved-identifier) */
{
    return "quarantine_size_mb=1:malloc_context_size=1";
}
