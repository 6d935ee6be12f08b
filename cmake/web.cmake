# The program for browsers (presets web-threads and web-one-thread; make web): the rooms that place a map, compiled by Debian's
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
  add_compile_options(-pthread "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${CMAKE_SOURCE_DIR}/cmake/old_clang.h>")
  add_link_options(-pthread)
endif()

set(OSU_OPENMP OFF)
set(rooms_left_out train picture app)
set(sources_left_out "/(onednn_products|libzip_archive|osu_db|collection_db).cpp")
set(sources_of_data "label_index|mapper_names|split|digest")
set(sources_of_evaluation "[a-z_]*marks|plan")

# bench/engine.cpp measures; studio_engine is what studio/web/worker.js loads. PTHREAD_POOL_SIZE: threads are made
# before the program begins, for a worker that waits cannot make any; Module.threads says how many cores there are,
# one more makes takes while requests are answered.
function(web_programs)
  set(link -sMODULARIZE -sEXPORT_ES6 -sALLOW_MEMORY_GROWTH -sINITIAL_MEMORY=64MB -sMAXIMUM_MEMORY=2GB -sTOTAL_STACK=1MB)
  if(OSU_WEB_THREADS)
    list(APPEND link -sPTHREAD_POOL_SIZE=Module.threads -sDEFAULT_PTHREAD_STACK_SIZE=1MB)
  endif()
  add_executable(bench_engine bench/engine.cpp)
  target_link_libraries(bench_engine PRIVATE osu_sampling)
  target_link_options(bench_engine PRIVATE ${link} -sENVIRONMENT=web,worker,node -sINVOKE_RUN=0 -sEXPORTED_RUNTIME_METHODS=FS,callMain)
  add_executable(studio_engine src/studio/web/front.cpp $<$<BOOL:${OSU_WEB_THREADS}>:src/studio/web/graphics_card.cpp>)
  target_link_libraries(studio_engine PRIVATE osu_studio)
  target_link_options(studio_engine PRIVATE ${link} -sENVIRONMENT=worker --no-entry
    -sEXPORTED_FUNCTIONS=_malloc,_free -sEXPORTED_RUNTIME_METHODS=UTF8ToString,wasmMemory)
endfunction()
