# How an allocator is put under the harness:
#
#   kheap_add_allocator(NAME SOURCES... [OPTIONS FLAGS...] [INCLUDES FOLDERS...] [LIBRARIES LIBRARIES...] [KERNEL]
#                       [UNWATCHED])
#
# SOURCES are the allocator's files and its adapter (fuzz/foreign/adapter.h). They become one sealed object, and this the
# programs kheap-NAME, the tool, and fuzz_NAME, the fuzz target. OPTIONS are for compiling them ("SHELL:-include FILE"
# where an option has an argument: CMake keeps only one of equal words), LIBRARIES for linking the programs. KERNEL says
# that they compile freestanding, and need no more than memcpy, memmove, memset, memcmp and strlen: where the kernel is
# built, so is kheap-NAME.elf, the kernel with this allocator in place of the project's heap (QEMU.md). UNWATCHED says
# that they are not the allocator, which is a library: fuzzers value inputs by what the calls do then (outcomes.h).
#
# Sealed means: all that they define is local to the object but for the constant `adapter`, so that an allocator may
# define malloc or sbrk without replacing the process's; and what variables they have lie in sections of their own, which
# the harness brings back to their first state before each run.

# GNU ld and objcopy: others do not take the functions that i386 code shares out of their groups, or rename sections.
find_program(KHEAP_LD NAMES ld.bfd ld REQUIRED)
find_program(KHEAP_OBJCOPY NAMES x86_64-linux-gnu-objcopy objcopy REQUIRED)
set(KHEAP_SEAL_KERNEL ${KHEAP_LD} -m elf_i386)
set(KHEAP_SEAL_HOST ${KHEAP_LD})
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
    set(KHEAP_SEAL_HOST ${KHEAP_SEAL_KERNEL})
endif()

# Basic blocks are counted where the compiler can do it beside its engine's own feedback: all of them, for in a loop
# without end clang would leave out what tells it nothing new.
set(KHEAP_STEPS -fsanitize-coverage=trace-pc)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    set(KHEAP_STEPS -fsanitize-coverage=trace-pc,no-prune)
endif()
set(KHEAP_STEPS_KERNEL ${KHEAP_STEPS})
# In a fuzz target they would be counters as well, of which an engine makes features: there those will do that tell it
# something, and a call without end that runs through none of them is the engine's to stop.
set(KHEAP_STEPS_FEEDBACK -fsanitize-coverage=trace-pc)
if(KHEAP_FUZZER STREQUAL "afl" OR KHEAP_ENGINE)
    set(KHEAP_STEPS)
    set(KHEAP_STEPS_FEEDBACK)
endif()

# For what calls do (outcomes.c), in place of branches.
set(KHEAP_OUTCOME_REWARDS REWARD_COUNT=16384u)

# The sources of ${name}, to be sealed, as the library ${parts}.
function(kheap_allocator_parts parts)
    add_library(${parts} OBJECT ${ALLOCATOR_UNPARSED_ARGUMENTS})
    target_include_directories(${parts} PRIVATE ${PROJECT_SOURCE_DIR} ${ALLOCATOR_INCLUDES})
    # It may be in any C, and warn of anything; what it defines may be what the compiler takes for builtin.
    target_compile_options(${parts} PRIVATE -w -std=gnu11 -Werror=implicit-function-declaration
        -Werror=int-conversion -fno-common -fno-builtin-malloc -fno-builtin-calloc
        -fno-builtin-realloc -fno-builtin-free ${ARGN})
    if(KHEAP_SANITIZERS MATCHES "undefined")
        # Offsets from null and headers at any address are how many allocators are written: a run that ended there would
        # find nothing else. What they lead to is still seen, as a fault or a broken rule.
        target_compile_options(${parts} PRIVATE -fno-sanitize=null,alignment,object-size,pointer-overflow)
    endif()
    target_compile_options(${parts} PRIVATE ${ALLOCATOR_OPTIONS})
    # The project's own standard would come behind these.
    set_target_properties(${parts} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF C_EXTENSIONS ON)
    set_property(TARGET ${parts} PROPERTY C_STANDARD)
endfunction()

# Seals ${parts} as ${object}, by a linker's command; another may look at what it has linked.
function(kheap_seal object parts linker)
    set(sealed ${CMAKE_CURRENT_BINARY_DIR}/${parts}.o)
    add_custom_command(OUTPUT ${sealed}
        COMMAND ${linker} -r --force-group-allocation -o ${sealed}.open $<TARGET_OBJECTS:${parts}>
        COMMAND ${PROJECT_SOURCE_DIR}/fuzz/foreign/check_variables ${parts} ${CMAKE_OBJDUMP} ${sealed}.open
        ${ARGN}
        COMMAND ${KHEAP_OBJCOPY} --keep-global-symbol=adapter --keep-global-symbol=___asan_globals_registered
            --redefine-sym __sanitizer_cov_trace_pc=adapter_step --rename-section .data=adapter_data
            --rename-section .data.rel=adapter_data
            --rename-section .data.rel.local=adapter_data --rename-section .bss=adapter_bss ${sealed}.open ${sealed}
        DEPENDS ${parts} $<TARGET_OBJECTS:${parts}> ${PROJECT_SOURCE_DIR}/fuzz/foreign/check_variables
        COMMAND_EXPAND_LISTS VERBATIM
        COMMENT "Sealing ${parts}")
    set_source_files_properties(${sealed} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
    set(${object} ${sealed} PARENT_SCOPE)
endfunction()

function(kheap_add_tool name)
    kheap_allocator_parts(${name}_parts ${KHEAP_STEPS})
    if(KHEAP_FUZZER STREQUAL "afl")
        kheap_feedback(${name}_parts FALSE)
    endif()
    kheap_seal(object ${name}_parts "${KHEAP_SEAL_HOST}")
    add_executable(kheap-${name} ${PROJECT_SOURCE_DIR}/fuzz/foreign/tool_main.c ${object}
        $<TARGET_OBJECTS:kheap_foreign_tool>)
    target_link_libraries(kheap-${name} PRIVATE kheap_trial kheap_files kheap_foreign ${ALLOCATOR_LIBRARIES})
    # For programs that are compiled without the harness (fuzz/foreign/to_c_foreign.c).
    set(folders ${PROJECT_SOURCE_DIR} ${ALLOCATOR_INCLUDES})
    list(TRANSFORM folders PREPEND -I)
    list(JOIN folders " " folders)
    set(options)
    foreach(option IN LISTS ALLOCATOR_OPTIONS)
        # As words of a shell, in a string of C. What CMake is told to leave together is several.
        if(option MATCHES "^SHELL:(.*)")
            set(option "${CMAKE_MATCH_1}")
        elseif(NOT option MATCHES "^[-A-Za-z0-9_=./+,:@%]+$")
            set(option "'${option}'")
        endif()
        string(REPLACE "\"" "\\\"" option "${option}")
        string(APPEND options " ${option}")
    endforeach()
    set(sources)
    foreach(source IN LISTS ALLOCATOR_UNPARSED_ARGUMENTS)
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
        list(APPEND sources ${source})
    endforeach()
    list(JOIN sources " " sources)
    target_compile_definitions(kheap-${name} PRIVATE "FOREIGN_OPTIONS=\"${CMAKE_C_FLAGS} ${folders} ${options}\""
        "FOREIGN_SOURCES=\"${sources}\"")
    kheap_feedback(kheap-${name} FALSE)
endfunction()

function(kheap_add_target name)
    kheap_allocator_parts(${name}_parts_feedback ${KHEAP_STEPS_FEEDBACK})
    if(KHEAP_FUZZER STREQUAL "libfuzzer" AND NOT KHEAP_ENGINE)
        target_compile_options(${name}_parts_feedback PRIVATE -fsanitize=fuzzer-no-link
            -fno-sanitize-coverage=trace-cmp)
    endif()
    kheap_seal(object ${name}_parts_feedback "${KHEAP_SEAL_HOST}")
    kheap_fuzz_target_mutated(fuzz_${name} foreign kheap_mutator_foreign
        ${PROJECT_SOURCE_DIR}/fuzz/foreign/target_foreign.c ${object})
    if(ALLOCATOR_UNWATCHED)
        target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz/foreign/outcomes.c
            ${PROJECT_SOURCE_DIR}/fuzz/reward_${KHEAP_FUZZER}.c)
        target_compile_definitions(fuzz_${name} PRIVATE ${KHEAP_OUTCOME_REWARDS})
    else()
        target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz/foreign/outcomes_none.c)
    endif()
    target_link_libraries(fuzz_${name} PRIVATE ${ALLOCATOR_LIBRARIES})
endfunction()

# All but the allocator is boot/foreign's.
function(kheap_add_kernel name)
    set(boot ${PROJECT_SOURCE_DIR}/boot)
    kheap_allocator_parts(${name}_parts_kernel ${KHEAP_STEPS_KERNEL}
        $<TARGET_PROPERTY:kheap.elf,COMPILE_OPTIONS>)
    target_include_directories(${name}_parts_kernel SYSTEM BEFORE PRIVATE ${boot}/foreign/freestanding)
    kheap_seal(object ${name}_parts_kernel "${KHEAP_SEAL_KERNEL}" COMMAND ${boot}/foreign/check_sealed ${name}
        ${CMAKE_NM} ${CMAKE_OBJDUMP} ${CMAKE_CURRENT_BINARY_DIR}/${name}_parts_kernel.o.open
        $<TARGET_OBJECTS:kheap_foreign_kernel>)
    add_executable(kheap-${name}.elf $<TARGET_OBJECTS:kheap_foreign_kernel> ${object})
    target_link_options(kheap-${name}.elf PRIVATE $<TARGET_PROPERTY:kheap.elf,LINK_OPTIONS>)
    set_target_properties(kheap-${name}.elf PROPERTIES LINKER_LANGUAGE C
        C_LINKER_LAUNCHER "${boot}/link_with_symbols;${CMAKE_NM}"
        LINK_DEPENDS "${boot}/kernel.ld;${boot}/link_with_symbols")
endfunction()

file(REAL_PATH examples KHEAP_EXAMPLES)

function(kheap_add_allocator name)
    cmake_parse_arguments(ALLOCATOR "KERNEL;UNWATCHED" "" "OPTIONS;INCLUDES;LIBRARIES" ${ARGN})
    file(REAL_PATH . folder)
    cmake_path(IS_PREFIX KHEAP_EXAMPLES "${folder}" example)
    get_property(made GLOBAL PROPERTY KHEAP_ALLOCATORS_MADE)
    if(example AND made MATCHES "(^|\n)${name} ")
        return()
    endif()
    set_property(GLOBAL APPEND_STRING PROPERTY KHEAP_ALLOCATORS_MADE "${name} ${folder}\n")
    if(KHEAP_HOST)
        kheap_add_tool(${name})
        kheap_add_target(${name})
        # Fuzzing services are handed what was brought, not the examples.
        if(NOT example AND NOT KHEAP_FUZZER STREQUAL "none")
            set(corpus ${PROJECT_SOURCE_DIR}/corpus)
            kheap_fuzz_install(fuzz_${name} ${PROJECT_SOURCE_DIR}/fuzz/stack.options ${PROJECT_SOURCE_DIR}/fuzz/kheap.dict
                ${corpus}/seeds ${corpus}/grown)
        endif()
    endif()
    if(KHEAP_KERNEL AND ALLOCATOR_KERNEL)
        kheap_add_kernel(${name})
    endif()
endfunction()

# The tool alone.
function(kheap_add_allocator_tool name)
    cmake_parse_arguments(ALLOCATOR "KERNEL" "" "OPTIONS;INCLUDES;LIBRARIES" ${ARGN})
    kheap_add_tool(${name})
endfunction()

# kheap_add_prebuilt_allocator(NAME [LIBRARY FILE] [OPTIONS FLAGS...]): the same for an allocator that comes as a library
# and takes malloc's place, or for the C library's own (fuzz/foreign/examples/shared/adapter.c).
function(kheap_add_prebuilt_allocator name)
    cmake_parse_arguments(PREBUILT "" "LIBRARY" "OPTIONS" ${ARGN})
    # Their malloc is not its.
    if(KHEAP_SANITIZERS OR KHEAP_ENGINE)
        message(STATUS "without ${name}, as sanitizers put themselves in the place of malloc")
        return()
    endif()
    set(options -DPREBUILT_NAME="${name}" -D_GNU_SOURCE ${PREBUILT_OPTIONS})
    if(PREBUILT_LIBRARY)
        list(APPEND options -DPREBUILT_LIBRARY="${PREBUILT_LIBRARY}")
    endif()
    kheap_add_allocator(${name} ${PROJECT_SOURCE_DIR}/fuzz/foreign/examples/shared/adapter.c UNWATCHED
        OPTIONS ${options} LIBRARIES ${PREBUILT_LIBRARY} ${CMAKE_DL_LIBS})
endfunction()
