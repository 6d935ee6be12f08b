// A label table for more maps than a checkpoint knows, so that its network can be trained on a dataset that
// has grown; and that a table goes on with the maps that it was trained on.
#pragma once

#include <string>

#include "archive/checkpoint.h"
#include "data/label_index.h"

namespace osu {

// Gives `checkpoint` a row for each class of `labels`, which begin with its own. A new map begins as the mean
// of its mapper's rows, or as the null row where the mapper is new; the null row stays the last. The
// optimiser's moments are let go. Error where the checkpoint has other maps in the place of these, does not
// say which it has, or has more.
void grow_label_table(Checkpoint& checkpoint, const LabelIndex& labels);

// Error where both have a map for a class, and not the same one: its row would change owners. `known` may be
// of a file that does not say which maps it has. `whose` stands in the message.
void check_same_maps(const LabelIndex& known, const LabelIndex& labels, const std::string& whose,
                     const char* hint);

}  // namespace osu
