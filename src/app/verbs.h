// The command line: the verbs of the program. Each declares its flags on the app and runs when it is chosen.
#pragma once

namespace CLI {
class App;
}

namespace osu {

void add_dataset_verb(CLI::App& app);   // dataset.cpp
void add_index_verb(CLI::App& app);     // index.cpp
void add_styles_verb(CLI::App& app);    // styles.cpp
void add_inspect_verb(CLI::App& app);   // inspect.cpp
void add_convert_verb(CLI::App& app);   // convert.cpp
void add_train_verb(CLI::App& app);     // train.cpp
void add_sample_verb(CLI::App& app);    // sample.cpp
void add_evaluate_verb(CLI::App& app);  // evaluate.cpp
void add_plot_verb(CLI::App& app);      // plot.cpp
void add_studio_verb(CLI::App& app);    // studio.cpp

void declare_command_line(CLI::App& app);  // all of them

}  // namespace osu
