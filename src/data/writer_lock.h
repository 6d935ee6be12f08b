// One process at a time writes a dataset: two would meet in each other's unfinished parts, or the last to end
// would undo what the other added. And one at a time chooses names for new files in a folder. The kernel
// takes the lock away when the process ends, however that is.
#pragma once

#include <filesystem>

namespace osu {

class WriterLock {
  public:
    // Of a folder, which is there: on the folder itself. Of a file, which will be replaced: on FILE.lock, in
    // a folder that is made where there is none; it goes when the lock does, and one that a killed process
    // left is the next one's. When another process holds it: an Error, or it is waited for, with a notice
    // where that may take long.
    enum class WhenHeld : unsigned char { fail, wait, wait_quietly };
    explicit WriterLock(const std::filesystem::path& written, WhenHeld when_held = WhenHeld::fail);
    ~WriterLock();
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;

  private:
    std::filesystem::path file_;  // empty for a folder
    int descriptor_ = -1;

    void take(const std::filesystem::path& written, WhenHeld when_held);
    bool is_there() const;
};

}  // namespace osu
