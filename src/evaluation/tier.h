// How hard a map is, in the four steps that mappers name their difficulties by.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "evaluation/plan.h"

namespace osu {

enum class Tier : uint8_t { easy, normal, hard, insane };  // insane: and above
constexpr size_t tier_count = 4;
constexpr std::array<const char*, tier_count> tier_keys{"easy", "normal", "hard", "insane"};
constexpr std::array<const char*, tier_count> tier_titles{"Easy", "Normal", "Hard", "Insane and above"};

// By the words in the difficulty's name ("Mia's Hard"); by how dense the map is and its approach rate, where
// that is known, when the name says nothing.
Tier tier_of(std::string_view version, const Plan& plan, std::optional<float> approach_rate);

}  // namespace osu
