# The tests of the studio's page, in tests/studio: types and format, the server, and the page in Chromium, before the
# program's server and as make web builds it. Each skips, and says so, where Node, npm, Chromium or build/web are missing.

function(page_test name file)
  add_test(NAME page.${name} COMMAND ${CMAKE_SOURCE_DIR}/tests/studio/run.sh ${file})
  # One at a time: they look at clocks, and each has a browser and a model at work.
  set_tests_properties(page.${name} PROPERTIES
    SKIP_RETURN_CODE 77 TIMEOUT 900 RESOURCE_LOCK page PROCESSORS 2
    ENVIRONMENT "OSU_PROGRAM=$<TARGET_FILE:osu-diffusion>;${ARGN}")
endfunction()

if(OSU_TESTS)
  page_test(check check)
  foreach(part server field playing open place mapping workbench crash)
    page_test(${part} ${part}.test.mjs)
  endforeach()
  foreach(part open place mapping crash web faults graphics)
    page_test(web.${part} ${part}.test.mjs OSU_ENGINE=web)
  endforeach()
endif()
