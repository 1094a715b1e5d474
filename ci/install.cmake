# What a fuzz target is handed over with, to fuzzing services and to whoever copies it elsewhere:
#
#   cmake --install build/libfuzzer --component fuzz --prefix FOLDER
#
# puts there NAME, NAME_seed_corpus.zip, NAME.dict where it has a dictionary, and NAME.options.

# kheap_fuzz_install(NAME OPTIONS DICTIONARY INPUTS...): OPTIONS is the file installed as NAME.options, DICTIONARY may be
# empty. INPUTS are files and folders; texts among them become the bytes that the target reads. The same inputs give the
# same archive.
function(kheap_fuzz_install name options dictionary)
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}_seeds)
    set(archive ${CMAKE_CURRENT_BINARY_DIR}/${name}_seed_corpus.zip)
    set(watched)
    foreach(input IN LISTS ARGN)
        file(GLOB files CONFIGURE_DEPENDS ${input}/*)
        list(APPEND watched ${files})
    endforeach()
    add_custom_command(OUTPUT ${archive}
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${folder} ${archive}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
        COMMAND seed_bytes ${folder} ${ARGN}
        COMMAND ${CMAKE_COMMAND} -E chdir ${folder} ${CMAKE_COMMAND} -E tar cf ${archive} --format=zip
            --mtime=2000-01-01 --files-from=${folder}.list
        DEPENDS seed_bytes ${watched} VERBATIM)
    add_custom_target(${name}_seed_corpus DEPENDS ${archive})
    add_dependencies(fuzz_targets ${name}_seed_corpus)

    set(part COMPONENT fuzz EXCLUDE_FROM_ALL)
    install(TARGETS ${name} RUNTIME DESTINATION . ${part})
    install(FILES ${archive} DESTINATION . ${part})
    install(FILES ${options} DESTINATION . RENAME ${name}.options ${part})
    if(dictionary)
        install(FILES ${dictionary} DESTINATION . RENAME ${name}.dict ${part})
    endif()
endfunction()
