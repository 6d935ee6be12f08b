# The studio's HTTP front: src/studio/http/ with the page of studio/ in it. A library beside the room, so that what
# drives the room without a server (a page's worker, a test) needs none.

function(studio_server)
  file(GLOB page CONFIGURE_DEPENDS studio/*.html studio/*.js studio/*.css studio/*.svg studio/*.png)
  set(embedded ${CMAKE_CURRENT_BINARY_DIR}/studio_page.cpp)
  add_custom_command(OUTPUT ${embedded}
    COMMAND ${CMAKE_COMMAND} -D FOLDER=${CMAKE_SOURCE_DIR}/studio -D EXAMPLE=${CMAKE_SOURCE_DIR}/examples/waltz.osu
            -D OUT=${embedded} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${page} examples/waltz.osu cmake/embed.cmake VERBATIM)
  file(GLOB sources CONFIGURE_DEPENDS src/studio/http/*.cpp)
  add_library(osu_studio_http STATIC ${sources} ${embedded})
  target_link_libraries(osu_studio_http PUBLIC osu_studio PRIVATE PkgConfig::httplib PkgConfig::crypto Threads::Threads)
  if(TARGET studio_test)
    target_link_libraries(studio_test PRIVATE osu_studio_http PkgConfig::httplib PkgConfig::crypto Threads::Threads)
  endif()
endfunction()
