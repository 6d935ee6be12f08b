# The tests of the studio's page, in tests/studio: types and format, the server, and the page in Chromium. Each skips, and
# says so, where Node, npm or Chromium are missing.

if(OSU_TESTS)
  foreach(part check server field playing open place workbench crash web)
    set(file ${part}.test.mjs)
    if(part STREQUAL "check")
      set(file check)
    endif()
    add_test(NAME page.${part} COMMAND ${CMAKE_SOURCE_DIR}/tests/studio/run.sh ${file})
    # One at a time: they look at clocks, and each has a browser and a model at work.
    set_tests_properties(page.${part} PROPERTIES
      SKIP_RETURN_CODE 77 TIMEOUT 900 RESOURCE_LOCK page PROCESSORS 2
      ENVIRONMENT "OSU_PROGRAM=$<TARGET_FILE:osu-diffusion>")
  endforeach()
endif()
