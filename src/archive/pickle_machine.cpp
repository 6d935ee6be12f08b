#include "archive/pickle_machine.h"

#include <bit>
#include <charconv>
#include <cstring>

#include "base/error.h"

namespace osu {

namespace {

// Some gigabyte of values. The reference's largest pickle, an index of 50,000 beatmaps, has 100,000.
constexpr size_t value_limit = size_t{1} << 24;

constexpr PickleRef none_ref = 0, true_ref = 1, false_ref = 2, empty_tuple_ref = 3;  // one each for all

}  // namespace

class PickleMachine {
  public:
    explicit PickleMachine(std::string_view& input) : input_(input), size_(input.size()) {
        pickle_.values_.resize(4);
        pickle_.values_[true_ref].kind = pickle_.values_[false_ref].kind = PickleKind::boolean;
        pickle_.values_[true_ref].integer = 1;
        pickle_.values_[empty_tuple_ref].kind = PickleKind::tuple;
    }

    Pickle run() {
        for (;;) {
            const char code = take(1)[0];
            if (code == '.') break;
            if (!line(code) && !number(code) && !text(code) && !container(code) && !memory(code) &&
                !call(code))
                wrong("it has the unknown opcode {:#04x}", static_cast<unsigned char>(code));
        }
        pickle_.root_ = pop();
        return std::move(pickle_);
    }

  private:
    std::string_view& input_;
    const size_t size_;
    Pickle pickle_;
    std::vector<PickleRef> stack_;
    std::vector<size_t> marks_;  // heights of the stack
    std::unordered_map<uint64_t, PickleRef> memo_;

    template <class... Args>
    [[noreturn]] void wrong(fmt::format_string<Args...> message, Args&&... args) const {
        fail("the pickle is broken at byte {}: {}", size_ - input_.size(),
             fmt::format(message, std::forward<Args>(args)...));
    }

    std::string_view take(uint64_t count) {
        if (count > input_.size()) wrong("it ends in the middle");
        const std::string_view part = input_.substr(0, count);
        input_.remove_prefix(count);
        return part;
    }

    std::string_view take_line() {
        const size_t end = input_.find('\n');
        if (end == std::string_view::npos) wrong("it ends in the middle");
        const std::string_view line = take(end);
        input_.remove_prefix(1);
        return line;
    }

    // A little-endian number of that many bytes, without a sign.
    uint64_t take_number(size_t count) {
        uint64_t value = 0;
        std::memcpy(&value, take(count).data(), count);
        return value;
    }

    PickleValue& push_new(PickleKind kind) {
        if (pickle_.values_.size() >= value_limit) wrong("it has more values than any file of ours");
        stack_.push_back(static_cast<PickleRef>(pickle_.values_.size()));
        PickleValue& value = pickle_.values_.emplace_back();
        value.kind = kind;
        return value;
    }
    void push_integer(int64_t value) { push_new(PickleKind::integer).integer = value; }
    void push_text(PickleKind kind, std::string_view text) { push_new(kind).text = text; }

    size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

    PickleRef top() const {
        if (stack_.size() <= floor()) wrong("the stack is empty");
        return stack_.back();
    }
    PickleRef pop() {
        const PickleRef ref = top();
        stack_.pop_back();
        return ref;
    }
    std::vector<PickleRef> pop_to_mark() {
        if (marks_.empty()) wrong("there is no mark");
        const auto begin = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
        std::vector<PickleRef> items(begin, stack_.end());
        stack_.erase(begin, stack_.end());
        marks_.pop_back();
        return items;
    }
    std::vector<PickleRef> pop_count(size_t count) {
        std::vector<PickleRef> items(count);
        while (count > 0) items[--count] = pop();
        return items;
    }

    void push_long(std::string_view digits) {
        if (digits.size() > 8) return push_text(PickleKind::big_integer, digits);
        uint64_t value = 0;
        std::memcpy(&value, digits.data(), digits.size());
        const unsigned unused = 64 - 8 * static_cast<unsigned>(digits.size());
        push_integer(unused == 64 ? 0 : static_cast<int64_t>(value << unused) >> unused);
    }

    // Protocol 0: values as lines of text.
    bool line(char code) {
        switch (code) {
            case 'I':
            case 'L': push_written_integer(take_line()); return true;
            case 'F': {
                const std::string_view digits = take_line();
                double& real = push_new(PickleKind::real).real;
                if (std::from_chars(digits.data(), digits.data() + digits.size(), real).ec != std::errc())
                    wrong("\"{}\" is no number", digits.substr(0, 40));
                return true;
            }
            case 'S': {
                const std::string_view quoted = take_line();
                const bool is_quoted = quoted.size() > 1 && quoted.front() == quoted.back();
                push_text(PickleKind::string, is_quoted ? quoted.substr(1, quoted.size() - 2) : quoted);
                return true;
            }
            case 'V': push_text(PickleKind::string, take_line()); return true;  // but for its escapes
            case 'P':
                push_text(PickleKind::string, take_line());
                push_items(PickleKind::persistent, pop_count(1));
                return true;
            case 'd': push_items(PickleKind::dict, pop_to_mark()); return true;
            case 'l': push_items(PickleKind::list, pop_to_mark()); return true;
            case 'p': remember(number_of(take_line())); return true;
            case 'g': recall(number_of(take_line())); return true;
            default: return false;
        }
    }

    uint64_t number_of(std::string_view digits) {
        uint64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc() || end != digits.data() + digits.size())
            wrong("\"{}\" is no number", digits.substr(0, 40));
        return value;
    }

    void push_written_integer(std::string_view digits) {
        if (digits == "00" || digits == "01") return stack_.push_back(digits == "01" ? true_ref : false_ref);
        if (digits.ends_with('L')) digits.remove_suffix(1);
        int64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error == std::errc::result_out_of_range) return push_text(PickleKind::big_integer, digits);
        if (error != std::errc() || end != digits.data() + digits.size())
            wrong("\"{}\" is no number", digits.substr(0, 40));
        push_integer(value);
    }

    bool number(char code) {
        switch (code) {
            case 'N': stack_.push_back(none_ref); return true;
            case '\x88': stack_.push_back(true_ref); return true;
            case '\x89': stack_.push_back(false_ref); return true;
            case 'K': push_integer(static_cast<int64_t>(take_number(1))); return true;
            case 'M': push_integer(static_cast<int64_t>(take_number(2))); return true;
            case 'J': push_integer(static_cast<int32_t>(take_number(4))); return true;
            case '\x8a': push_long(take(take_number(1))); return true;
            case '\x8b': push_long(take(take_number(4))); return true;
            case 'G':  // the one big-endian number
                push_new(PickleKind::real).real = std::bit_cast<double>(__builtin_bswap64(take_number(8)));
                return true;
            default: return false;
        }
    }

    bool text(char code) {
        switch (code) {
            case 'X':
            case 'T': push_text(PickleKind::string, take(take_number(4))); return true;
            case 'U':
            case '\x8c': push_text(PickleKind::string, take(take_number(1))); return true;
            case '\x8d': push_text(PickleKind::string, take(take_number(8))); return true;
            case 'B': push_text(PickleKind::bytes, take(take_number(4))); return true;
            case 'C': push_text(PickleKind::bytes, take(take_number(1))); return true;
            case '\x8e':
            case '\x96': push_text(PickleKind::bytes, take(take_number(8))); return true;
            default: return false;
        }
    }

    PickleValue& top_value() { return pickle_.values_[top()]; }

    // Items for a list or set, pairs for a dict; an object that is filled so keeps them to itself.
    void add(const std::vector<PickleRef>& items, bool pairs) {
        PickleValue& target = top_value();
        const bool is_dict = target.kind == PickleKind::dict;
        const bool is_sequence = target.kind == PickleKind::list || target.kind == PickleKind::set;
        if (pairs && items.size() % 2 != 0) wrong("a key has no value");
        if (pairs ? is_dict : is_sequence)
            target.items.insert(target.items.end(), items.begin(), items.end());
        else if (target.kind != PickleKind::object)
            wrong("items are added to something that holds none");
    }

    void push_items(PickleKind kind, std::vector<PickleRef> items) {
        if (kind == PickleKind::tuple && items.empty()) return stack_.push_back(empty_tuple_ref);
        if (kind == PickleKind::dict && items.size() % 2 != 0) wrong("a key has no value");
        push_new(kind).items = std::move(items);
    }

    bool container(char code) {
        switch (code) {
            case '(': marks_.push_back(stack_.size()); return true;
            case ')': stack_.push_back(empty_tuple_ref); return true;
            case 't': push_items(PickleKind::tuple, pop_to_mark()); return true;
            case '\x85': push_items(PickleKind::tuple, pop_count(1)); return true;
            case '\x86': push_items(PickleKind::tuple, pop_count(2)); return true;
            case '\x87': push_items(PickleKind::tuple, pop_count(3)); return true;
            case ']': push_items(PickleKind::list, {}); return true;
            case '}': push_items(PickleKind::dict, {}); return true;
            case '\x8f': push_items(PickleKind::set, {}); return true;
            case '\x91': push_items(PickleKind::set, pop_to_mark()); return true;
            case 'a': add(pop_count(1), false); return true;
            case 'e':
            case '\x90': add(pop_to_mark(), false); return true;
            case 's': add(pop_count(2), true); return true;
            case 'u': add(pop_to_mark(), true); return true;
            default: return false;
        }
    }

    void remember(uint64_t key) {
        if (memo_.size() >= value_limit) wrong("it remembers more values than any file of ours");
        memo_[key] = top();
    }
    void recall(uint64_t key) {
        const auto found = memo_.find(key);
        if (found == memo_.end()) wrong("it recalls value {}, which it never stored", key);
        stack_.push_back(found->second);
    }
    // The stack, the memo, and what says something of the stream alone.
    bool memory(char code) {
        switch (code) {
            case '0':
                if (stack_.size() > floor())
                    stack_.pop_back();
                else
                    pop_to_mark();
                return true;
            case '1': pop_to_mark(); return true;
            case '2': stack_.push_back(top()); return true;
            case 'q': remember(take_number(1)); return true;
            case 'r': remember(take_number(4)); return true;
            case '\x94': remember(memo_.size()); return true;
            case 'h': recall(take_number(1)); return true;
            case 'j': recall(take_number(4)); return true;
            case '\x80':
                if (take_number(1) > 5) wrong("its protocol is unknown");
                return true;
            case '\x95': take_number(8); return true;  // frame
            case '\x98': return true;                  // makes a buffer read-only
            default: return false;
        }
    }

    void push_global_lines() {
        push_text(PickleKind::string, take_line());
        push_text(PickleKind::string, take_line());
        push_items(PickleKind::global, pop_count(2));
    }

    // items: callable, arguments. An OrderedDict made of nothing is a dict, to be filled by what follows.
    void push_object(std::vector<PickleRef> items) {
        if (items[1] == empty_tuple_ref && pickle_.is_global(items[0], "collections", "OrderedDict"))
            return push_items(PickleKind::dict, {});
        items.push_back(none_ref);
        push_items(PickleKind::object, std::move(items));
    }

    // Extensions that Python would look up by a number of that many bytes, buffers outside the stream.
    bool push_unknown(size_t size) {
        take(size);
        push_object({none_ref, empty_tuple_ref});
        return true;
    }

    bool call(char code) {
        switch (code) {
            case 'c': push_global_lines(); return true;
            case '\x93': push_items(PickleKind::global, pop_count(2)); return true;
            case 'Q': push_items(PickleKind::persistent, pop_count(1)); return true;
            case 'R':
            case '\x81': push_object(pop_count(2)); return true;
            case '\x92':
                pop();  // keyword arguments
                push_object(pop_count(2));
                return true;
            case 'b': {
                const PickleRef state = pop();
                if (top_value().kind == PickleKind::object) top_value().items[2] = state;
                return true;
            }
            case '\x82': return push_unknown(1);
            case '\x83': return push_unknown(2);
            case '\x84': return push_unknown(4);
            case '\x97': return push_unknown(0);
            default: return false;
        }
    }
};

Pickle Pickle::read(std::string_view& input) {
    return PickleMachine(input).run();
}

std::optional<PickleRef> Pickle::find(PickleRef dict, std::string_view key) const {
    const PickleValue& value = values_[dict];
    if (value.kind != PickleKind::dict) return std::nullopt;
    for (size_t i = value.items.size(); i >= 2; i -= 2) {
        const PickleValue& candidate = values_[value.items[i - 2]];
        if (candidate.kind == PickleKind::string && candidate.text == key) return value.items[i - 1];
    }
    return std::nullopt;
}

bool Pickle::is_global(PickleRef ref, std::string_view module, std::string_view name) const {
    const PickleValue& value = values_[ref];
    return value.kind == PickleKind::global && values_[value.items[0]].text == module &&
           values_[value.items[1]].text == name;
}

}  // namespace osu
