/* How a run of the kernel ends: through QEMU's isa-debug-exit device at port 0xF4, which makes QEMU
 * exit with status (value << 1) | 1. That is always odd, so it cannot be taken for QEMU's own
 * statuses 0 (reset, power off) and the even ones. boot/run translates. */
#ifndef KHEAP_BOOT_EXIT_H
#define KHEAP_BOOT_EXIT_H

enum exit_value {
    EXIT_OK = 0x10,            /* QEMU status 33: all inputs ran, every verdict is ok */
    EXIT_VIOLATION = 0x11,     /* 35: a rule was violated */
    EXIT_PAGE_FAULT = 0x12,    /* 37 */
    EXIT_BAD_INPUT = 0x13,     /* 39: a module, an input, a word of the command line, or what the
                                  loader tells, is missing or damaged */
    EXIT_LITTLE_MEMORY = 0x14, /* 41: the machine has too little memory */
    EXIT_ADDRESS = 0x1A,       /* 53: AddressSanitizer has reported (boot/asan) */

    EXIT_DOUBLE_FAULT = 0x20,       /* 65: most likely a stack overflow */
    EXIT_GENERAL_PROTECTION = 0x21, /* 67 */
    EXIT_EXCEPTION = 0x22,          /* 69: another exception, or an interrupt nobody asked for */
};

/* Ends the run. Where there is no such device, the processor stops for ever. */
_Noreturn void exit_machine(enum exit_value value);

#endif
