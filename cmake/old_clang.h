// What Debian 12's emscripten needs to catch exceptions by their types where there are threads. Included before
// everything else in builds for browsers with threads (cmake/web.cmake); empty with a compiler newer than clang 14.
//
// A catch tells its place to the library through a variable, `__wasm_lpad_context`. The library has one a thread; clang 14
// writes to one of all, so that nothing but catch (...) ever catches. It takes a variable of that name that is there
// already, where its type is that of three nameless fields: {i32, i8*, i32}. That is what a constant of a class with a base
// is made of. It is weak: the library's own is meant.
#pragma once

#if __clang_major__ < 15 && defined(__EMSCRIPTEN_PTHREADS__)

namespace osu_clang {
struct Place {
    int number;
    const char* table;
};
struct Context : Place {
    int selector;
};
}  // namespace osu_clang

// Not all zero, for that would have the class's own type.
extern "C" __attribute__((weak, used)) thread_local osu_clang::Context __wasm_lpad_context{{0, nullptr}, 1};

#endif
