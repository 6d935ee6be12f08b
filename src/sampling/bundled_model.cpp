#include "sampling/bundled_model.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace osu {

namespace fs = std::filesystem;

fs::path bundled_model_path() {
    std::error_code problem;
    const fs::path folder = fs::read_symlink("/proc/self/exe", problem).parent_path();
    const std::vector<fs::path> places = {
        folder / "models", folder.parent_path() / "share/osu-diffusion/models",
        folder.parent_path() / "models", folder.parent_path().parent_path() / "models"};
    std::string searched;
    for (const fs::path& place : places) {
        std::vector<fs::path> models;
        for (fs::directory_iterator entry(place, problem), end; !problem && entry != end;
             entry.increment(problem))
            if (entry->path().extension() == ".safetensors") models.push_back(entry->path());
        if (!models.empty()) return *std::min_element(models.begin(), models.end());
        searched += (searched.empty() ? "" : ", ") + place.string();
    }
    fail(Hint{"give a checkpoint with --ckpt"}, "no bundled model found in {}", searched);
}

}  // namespace osu
