// Pickles of protocol 2, of the opcodes that PyTorch's weights-only reader takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace osu {

// Values are appended one after another; containers are: list() or dict(), mark(), the items, add_items() or
// add_pairs(). finish() gives the pickle.
class PickleWriter {
  public:
    void none() { out_ += 'N'; }
    void boolean(bool value) { out_ += value ? '\x88' : '\x89'; }
    void integer(int64_t value);
    void real(double value);
    void string(std::string_view text);
    void global(std::string_view module, std::string_view name);
    void list() { out_ += ']'; }
    void dict() { out_ += '}'; }
    void empty_tuple() { out_ += ')'; }
    void mark() { out_ += '('; }
    void add_items() { out_ += 'e'; }
    void add_pairs() { out_ += 'u'; }
    void close_tuple() { out_ += 't'; }  // of all since the mark
    void persistent() { out_ += 'Q'; }   // the value before is its ID
    void reduce() { out_ += 'R'; }       // callable, argument tuple
    std::string finish();

  private:
    std::string out_ = "\x80\x02";
};

}  // namespace osu
