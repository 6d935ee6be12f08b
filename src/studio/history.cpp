#include "studio/history.h"

#include "studio/refusal.h"

namespace osu::studio {

using nlohmann::json;

void History::add(Step step) {
    steps_.resize(step_);
    step.serial = ++serial_;
    steps_.push_back(std::move(step));
    ++step_;
}

void History::replace(Step step) {
    if (step_ > 0) --step_;
    add(std::move(step));
}

void History::check(size_t step) const {
    if (step > steps_.size())
        refuse(not_found, {fmt::format("the last step is {}", steps_.size())}, "there is no step {}", step);
}

json History::list() const {
    json list = json::array({{{"index", 0},
                              {"kind", "open"},
                              {"label", "Opened"},
                              {"when", 0},
                              {"objects", 0},
                              {"from", 0},
                              {"to", 0}}});
    for (size_t i = 0; i < steps_.size(); ++i)
        list.push_back({{"index", i + 1},
                        {"kind", steps_[i].kind},
                        {"label", steps_[i].label},
                        {"when", steps_[i].when},
                        {"objects", steps_[i].objects.size()},
                        {"from", steps_[i].from},
                        {"to", steps_[i].to}});
    return list;
}

}  // namespace osu::studio
