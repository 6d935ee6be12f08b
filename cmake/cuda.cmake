# The CUDA backend: part of room ops where the build asks for it (preset cuda); elsewhere its tests run the same sources
# on the CPU, over tests/support/cuda in the place of CUDA's headers.

file(GLOB cuda_sources CONFIGURE_DEPENDS src/ops/cuda/*.cpp src/ops/cuda/*.cu)

function(add_cuda_backend)
  target_sources(osu_ops PRIVATE ${cuda_sources})
  target_link_libraries(osu_ops PRIVATE CUDA::cudart_static)
  set_source_files_properties(src/ops/devices.cpp PROPERTIES COMPILE_DEFINITIONS OSU_CUDA)
  if(OSU_TESTS)
    target_compile_definitions(osu_test_support PUBLIC OSU_CUDA)
  endif()
endfunction()

# The fibers switch stacks in x86-64's own way.
function(add_emulated_cuda_backend)
  if(NOT OSU_TESTS OR NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    return()
  endif()
  file(GLOB emulation CONFIGURE_DEPENDS tests/support/cuda/*.cpp)
  list(FILTER cuda_sources EXCLUDE REGEX "(cublas|nccl_library).cpp$")  # they look for the real ones
  set(kernels ${cuda_sources})
  list(FILTER kernels INCLUDE REGEX "[.]cu$")
  set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-x;c++")
  add_library(osu_emulated_cuda STATIC ${cuda_sources} ${emulation})
  target_include_directories(osu_emulated_cuda BEFORE PRIVATE tests/support/cuda tests)
  target_compile_options(osu_emulated_cuda PRIVATE -Wno-unknown-pragmas)
  target_link_libraries(osu_emulated_cuda PUBLIC osu_ops)
  target_link_libraries(osu_test_support PUBLIC osu_emulated_cuda)
  target_compile_definitions(osu_test_support PUBLIC OSU_EMULATED_CUDA)
endfunction()
