#include "evaluation/tier.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace osu {

namespace {

struct Name {
    const char* word;
    Tier tier;
};
// The first that is found counts: "Insane" before "Another", "Easy" before nothing that holds it.
constexpr Name names[] = {{"insane", Tier::insane},  {"extra", Tier::insane},   {"expert", Tier::insane},
                          {"extreme", Tier::insane}, {"another", Tier::insane}, {"lunatic", Tier::insane},
                          {"beginner", Tier::easy},  {"easy", Tier::easy},      {"advanced", Tier::hard},
                          {"hyper", Tier::hard},     {"hard", Tier::hard},      {"normal", Tier::normal},
                          {"basic", Tier::normal}};

constexpr double longest_rest = 3000;            // ms: a break, which says nothing of the density
constexpr double densities[] = {1.3, 2.2, 3.2};  // objects a second below which a map is easy, normal, hard
constexpr float rates[] = {4, 6, 8.3f};          // the same of approach rates

double objects_a_second(const Plan& plan) {
    double played = 0, count = 0;
    for (size_t i = 1; i < plan.objects.size(); ++i) {
        const double gap = plan.objects[i].start - plan.objects[i - 1].start;
        if (gap > longest_rest) continue;
        played += gap;
        count += 1;
    }
    return played > 0 ? 1000 * count / played : 0;
}

template <class Value, size_t size>
size_t step_of(Value value, const Value (&steps)[size]) {
    return static_cast<size_t>(std::upper_bound(steps, steps + size, value) - steps);
}

}  // namespace

Tier tier_of(std::string_view version, const Plan& plan, std::optional<float> approach_rate) {
    const std::string name = lower(version);
    for (const Name& known : names)
        if (name.find(known.word) != std::string::npos) return known.tier;
    size_t step = step_of(objects_a_second(plan), densities);
    // A dense map is not easy because its objects appear early, nor a sparse one hard because they come late.
    if (approach_rate) step = (step + step_of(*approach_rate, rates) + 1) / 2;
    return static_cast<Tier>(step);
}

}  // namespace osu
