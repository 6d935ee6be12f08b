// What libraries keep until the end, by their names, so that LeakSanitizer says nothing where nothing of
// ours is lost: fontconfig holds a kilobyte of its configuration; cairo 1.16 allocates half a kilobyte while
// it destroys a group of an SVG, and forgets it.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libfontconfig\nleak:cairo_surface_destroy\n";
}
extern "C" const char* __lsan_default_options() {
    return "print_suppressions=0";
}
