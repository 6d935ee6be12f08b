// What the studio keeps, as files of one folder: values that are replaced whole, journals that are appended
// to and synced line by line. A line that a crash has cut is dropped when the journal is read again.
#pragma once

#include <filesystem>

#include "data/writer_lock.h"
#include "studio/storage.h"

namespace osu::studio {

class FileStorage : public Storage {
  public:
    // Made where there is none. Error when another process has it: their journals would mix.
    explicit FileStorage(std::filesystem::path folder);
    void put(const std::string& name, std::string_view content) override;
    std::optional<Bytes> get(const std::string& name) override;
    void remove(const std::string& name) override;
    std::vector<std::string> names(std::string_view prefix) override;
    std::unique_ptr<Journal> journal(const std::string& name) override;  // NAME.jsonl

  private:
    const std::filesystem::path folder_;
    std::unique_ptr<WriterLock> lock_;
    std::filesystem::path path_of(const std::string& name) const;
};

}  // namespace osu::studio
