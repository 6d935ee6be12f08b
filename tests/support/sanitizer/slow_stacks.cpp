// For programs that draw: libcairo has no frame pointers, so that its functions show in the stack of an
// allocation, and kept_memory.cpp can name them, only where the unwinder reads its tables. That makes every
// allocation slow, so other programs do without.
extern "C" const char* __asan_default_options() {
    return "fast_unwind_on_malloc=0";
}
