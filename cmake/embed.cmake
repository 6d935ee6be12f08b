# cmake -D FOLDER=studio -D EXAMPLE=examples/waltz.osu -D OUT=page.cpp -P embed.cmake: every file of the page, and the
# example's map, as bytes of the program.
file(GLOB names RELATIVE ${FOLDER} ${FOLDER}/*.html ${FOLDER}/*.js ${FOLDER}/*.css ${FOLDER}/*.svg ${FOLDER}/*.png)
list(SORT names)
set(arrays "")
set(table "")
set(index 0)
function(add_bytes name path)
  file(READ ${path} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "const unsigned char ${name}[] = {${bytes}0};\n")
  set(arrays "${arrays}" PARENT_SCOPE)
endfunction()
foreach(name ${names})
  add_bytes(file_${index} ${FOLDER}/${name})
  string(APPEND table "        {\"${name}\", text(file_${index})},\n")
  math(EXPR index "${index} + 1")
endforeach()
add_bytes(example ${EXAMPLE})
file(WRITE ${OUT} "// Made by cmake/embed.cmake.
#include \"studio/http/page.h\"

namespace {
${arrays}
template <size_t size>
std::string_view text(const unsigned char (&bytes)[size]) {
    return {reinterpret_cast<const char*>(bytes), size - 1};
}
}  // namespace

std::span<const osu::studio::PageFile> osu::studio::embedded_page() {
    static const PageFile files[] = {
${table}    };
    return files;
}

std::string_view osu::studio::embedded_example() {
    return text(example);
}
")
