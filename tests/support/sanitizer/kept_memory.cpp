// What libraries keep until the end, by their names, so that LeakSanitizer says nothing where nothing is
// lost: fontconfig holds a kilobyte of its configuration.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libfontconfig\n";
}
extern "C" const char* __lsan_default_options() {
    return "print_suppressions=0";
}
