// The pickle machine: builds plain values from a pickle of protocol 0 to 5 and executes nothing. What Python
// would call (REDUCE, NEWOBJ, INST, …) becomes an `object` that remembers callable, arguments and state.
// Values live in one arena and refer to each other by index, so shared and cyclic values cost nothing and
// nothing recurses. Text stays in the input where it can; memory is linear in the input's size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace osu {

enum class PickleKind : uint8_t {
    none,
    boolean,
    integer,
    big_integer,
    real,
    string,
    bytes,
    tuple,
    list,
    set,
    dict,
    global,
    persistent,
    object
};

using PickleRef = uint32_t;

struct PickleValue {
    PickleKind kind = PickleKind::none;
    union {
        int64_t integer = 0;  // boolean, integer
        double real;
    };
    std::string_view text;  // string, bytes; big_integer: little-endian two's complement
    // tuple, list, set: the items; dict: key, value, key, value, …; global: module, name; persistent: its ID;
    // object: callable, arguments, state (None until BUILD).
    std::vector<PickleRef> items;
};

class Pickle {
  public:
    // Reads one pickle from the front of `input` and moves `input` behind it. The bytes must outlive the
    // values.
    static Pickle read(std::string_view& input);

    size_t size() const { return values_.size(); }  // every value has a number below
    PickleRef root() const { return root_; }
    const PickleValue& operator[](PickleRef ref) const { return values_[ref]; }

    // The value of a string key of a dict (the last one where it stands twice), or nothing.
    std::optional<PickleRef> find(PickleRef dict, std::string_view key) const;
    bool is_dict(PickleRef ref) const { return values_[ref].kind == PickleKind::dict; }
    bool is_global(PickleRef ref, std::string_view module, std::string_view name) const;

  private:
    friend class PickleMachine;
    std::vector<PickleValue> values_;
    PickleRef root_ = 0;
};

}  // namespace osu
