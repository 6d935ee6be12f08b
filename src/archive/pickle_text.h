// The escaped strings of pickle protocol 0, as UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace osu {

std::string unescape_python_literal(std::string_view line);  // opcode S: 'it\'s', quotes included
std::string unescape_python_unicode(std::string_view line);  // opcode V: Latin-1 with \uXXXX and \UXXXXXXXX

}  // namespace osu
