// How long what the studio keeps is kept. A map in which anything was done (a step of the history, a take, a
// pin) stays until somebody deletes its files. One that was only looked at is forgotten after a month. The
// copy of a song stays as long as a map of it.
#pragma once

#include <cstdint>

#include "studio/storage.h"

namespace osu::studio {

constexpr int64_t looked_at_for = 30 * 24 * 3600;  // seconds

// At the start, before anything is open. `now`: seconds since 1970.
void tidy(Storage& storage, int64_t now);

}  // namespace osu::studio
