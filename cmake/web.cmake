# The program for browsers (presets web and web-one-thread): the rooms that place a map, compiled by Debian's
# emscripten. Threads want shared memory, which browsers give to isolated pages alone; so there are two of it.
option(OSU_WEB_THREADS "with threads" ON)

# Of the system's headers, only those that are no more than headers.
set(web_headers ${CMAKE_BINARY_DIR}/headers)
foreach(folder hwy fmt nlohmann)
  find_path(${folder}_folder ${folder} PATHS /usr/include NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  file(COPY ${${folder}_folder}/${folder} DESTINATION ${web_headers})
endforeach()
include_directories(SYSTEM ${web_headers})
add_compile_definitions(FMT_HEADER_ONLY HWY_COMPILE_ONLY_STATIC)
foreach(library fmt::fmt nlohmann_json::nlohmann_json PkgConfig::hwy PkgConfig::zip)
  add_library(${library} INTERFACE IMPORTED)
endforeach()

add_compile_options(-msimd128 -fwasm-exceptions "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${CMAKE_SOURCE_DIR}/cmake/old_libcxx.h>")
add_link_options(-fwasm-exceptions)
if(OSU_WEB_THREADS)
  add_compile_options(-pthread)
  add_link_options(-pthread)
endif()

set(OSU_OPENMP OFF)
set(rooms_left_out train picture app)
set(sources_left_out "/(onednn_products|libzip_archive|osu_db|collection_db).cpp")
set(sources_of_data "label_index|split|digest")
set(sources_of_evaluation "marks|plan")

function(web_programs)
  add_executable(bench_engine bench/engine.cpp)
  target_link_libraries(bench_engine PRIVATE osu_sampling)
endfunction()
