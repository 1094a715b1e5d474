# The build's variants, and the functions by which the folders' lists name what they build.

if(NOT KHEAP_FUZZER MATCHES "^(none|libfuzzer|afl)$")
    message(FATAL_ERROR "KHEAP_FUZZER is none, libfuzzer or afl, not: ${KHEAP_FUZZER}")
endif()
if(KHEAP_ENGINE)
    # A fuzzing service: sanitizers and feedback are in its CFLAGS already, KHEAP_SANITIZERS only names them, and its
    # engine is C++.
    enable_language(CXX)
elseif(KHEAP_SANITIZERS)
    add_compile_options(-fsanitize=${KHEAP_SANITIZERS} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${KHEAP_SANITIZERS})
endif()
if(KHEAP_COVERAGE)
    add_compile_options(-fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc)
    add_link_options(-fprofile-instr-generate)
endif()

# Host code uses POSIX beside C11.
add_library(kheap_posix INTERFACE)
target_compile_definitions(kheap_posix INTERFACE _GNU_SOURCE)

# Nor are sanitizers in what gives no feedback: what they are to find is in the core. The preset asan has them in
# everything. MemorySanitizer has to see every store, or would take what it has not seen written for uninitialised.
set(KHEAP_UNWATCHED -fno-sanitize=all)
if(KHEAP_SANITIZERS MATCHES "memory")
    set(KHEAP_UNWATCHED -fno-sanitize=fuzzer-no-link)
endif()

# Says whether a target's code is to feed coverage back to the fuzzer. Only the core's is: the session, the checkers, the
# model and the emulated machine would drown it, fill the corpus with inputs that are new only to the harness, and be
# slowed down by it.
function(kheap_feedback target wanted)
    if(KHEAP_FUZZER STREQUAL "libfuzzer" AND wanted)
        # Operands of comparisons are no use as hints: tags are keyed, and inputs are mutated by structure.
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link
            -fno-sanitize-coverage=trace-cmp
            -fsanitize-coverage-ignorelist=${PROJECT_SOURCE_DIR}/fuzz/coverage_ignore.txt)
    elseif(KHEAP_FUZZER STREQUAL "afl" AND wanted)
        set_target_properties(${target} PROPERTIES C_COMPILER_LAUNCHER
            "${CMAKE_COMMAND};-E;env;AFL_LLVM_DENYLIST=${PROJECT_SOURCE_DIR}/fuzz/coverage_ignore.txt")
    elseif(KHEAP_FUZZER STREQUAL "afl")
        set_target_properties(${target} PROPERTIES C_COMPILER_LAUNCHER
            "${CMAKE_COMMAND};-E;env;AFL_NOOPT=1")
    endif()
    if(NOT wanted AND KHEAP_SANITIZERS AND NOT KHEAP_FUZZER STREQUAL "none")
        target_compile_options(${target} PRIVATE ${KHEAP_UNWATCHED})
    endif()
endfunction()

# True where the core is compiled with AddressSanitizer: in the libraries that fuzz targets link, its harness poisons for
# it what is not its own (fuzz/poison.h).
string(REGEX MATCH "address" KHEAP_POISON "${KHEAP_SANITIZERS}")

# kheap_port(NAME PORT FEEDBACK SOURCES...): the core and its harness on the port in mmu_x86/PORT, as the library NAME.
# SOURCES are the port's own. FEEDBACK says whether fuzz targets link it.
function(kheap_port name port feedback)
    add_library(${name}_core OBJECT)
    target_link_libraries(${name}_core PRIVATE kheap_mmu_sources kheap_heap_sources)
    kheap_feedback(${name}_core ${feedback})
    add_library(${name}_checks OBJECT ${ARGN})
    target_link_libraries(${name}_checks PRIVATE kheap_invariants_sources kheap_model_sources
        kheap_session_sources kheap_posix)
    kheap_feedback(${name}_checks FALSE)
    if(feedback AND KHEAP_POISON)
        # The harness accesses what it poisons: neither is it watched itself, nor through the C library's functions.
        target_compile_options(${name}_checks PRIVATE -fno-sanitize=all -fno-builtin)
        target_sources(${name}_checks PRIVATE poison_${port}.c)
        set(apart ${PROJECT_SOURCE_DIR}/mmu_x86/${port}/apart)
        if(EXISTS ${apart})
            target_include_directories(${name}_core PRIVATE ${apart})
            target_sources(${name}_checks PRIVATE ${apart}/words.c)
        endif()
    else()
        target_sources(${name}_checks PRIVATE poison_none.c)
    endif()
    foreach(part core checks)
        target_include_directories(${name}_${part} PRIVATE ${PROJECT_SOURCE_DIR}/mmu_x86/${port})
        target_link_libraries(${name}_${part} PRIVATE kheap_options)
    endforeach()
    add_library(${name} STATIC $<TARGET_OBJECTS:${name}_core> $<TARGET_OBJECTS:${name}_checks>)
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR}/mmu_x86/${port})
    target_link_libraries(${name} INTERFACE kheap_options kheap_posix)
endfunction()

# The core's unit tests, which ci/coverage measures; those of ports, named by a path, are not among them.
add_custom_target(core_tests)

# kheap_test(NAME SOURCES... [LIBRARIES...]): a unit test from NAME_test.c and SOURCES.
function(kheap_test name)
    cmake_parse_arguments(TEST "" "" "SOURCES;LIBRARIES" ${ARGN})
    if(NOT KHEAP_HOST)
        return()
    endif()
    cmake_path(GET name FILENAME test)
    add_executable(${test}_test ${name}_test.c ${TEST_SOURCES})
    target_link_libraries(${test}_test PRIVATE kheap_options kheap_posix ${TEST_LIBRARIES})
    set_target_properties(${test}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY
        ${PROJECT_BINARY_DIR}/tests)
    kheap_feedback(${test}_test FALSE)
    add_test(NAME unit.${test} COMMAND ${test}_test)
    set_tests_properties(unit.${test} PROPERTIES TIMEOUT 360)
    cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
    if(folder MATCHES "^(heap|mmu_x86)$" AND NOT name MATCHES "/")
        add_dependencies(core_tests ${test}_test)
        set_tests_properties(unit.${test} PROPERTIES LABELS core)
    endif()
endfunction()

# kheap_gdb(NAME): gdb finds its helper (invariants/gdb) beside the program, by the name that it looks for. A link made
# here and not when the program is linked: there is nothing to be brought up to date.
function(kheap_gdb name)
    file(MAKE_DIRECTORY "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/invariants/gdb/kheap-gdb.py
        "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${name}-gdb.py" SYMBOLIC)
endfunction()

# All fuzz targets.
add_custom_target(fuzz_targets)

# kheap_fuzz_target(NAME PORT SOURCES...): a fuzz target on kheap_PORT_feedback, with the engine's own driver, or without
# an engine one that replays the files named.
function(kheap_fuzz_target name port)
    add_executable(${name} ${ARGN})
    kheap_gdb(${name})
    # The standalone driver reads files, which takes what the port's library has: so that comes last.
    target_link_libraries(${name} PRIVATE
        $<$<STREQUAL:${KHEAP_FUZZER},none>:kheap_files> kheap_${port}_feedback)
    kheap_feedback(${name} FALSE)
    add_dependencies(fuzz_targets ${name})
    if(KHEAP_FUZZER STREQUAL "none")
        target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz/standalone_main.c)
    elseif(KHEAP_ENGINE)
        set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
        target_link_libraries(${name} PRIVATE ${KHEAP_ENGINE})
    else()
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    endif()
endfunction()
