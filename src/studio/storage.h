// Where a front keeps what shall outlive a closed tab, a killed program and a crash: values and journals by
// name. Names are of letters, digits, '-' and '.'; no front needs to look at them twice.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "studio/journal.h"
#include "studio/song.h"

namespace osu::studio {

class Storage {
  public:
    virtual ~Storage() = default;
    virtual void put(const std::string& name, std::string_view content) = 0;  // replaces it, whole
    virtual std::optional<Bytes> get(const std::string& name) = 0;
    virtual void remove(const std::string& name) = 0;  // a value; nothing where it is not there
    virtual std::vector<std::string> names(std::string_view prefix) = 0;
    virtual std::unique_ptr<Journal> journal(const std::string& name) = 0;
};

// All in memory: for tests, and for fronts that have nothing else.
class MemoryStorage : public Storage {
  public:
    MemoryStorage();
    ~MemoryStorage() override;
    void put(const std::string& name, std::string_view content) override;
    std::optional<Bytes> get(const std::string& name) override;
    void remove(const std::string& name) override;
    std::vector<std::string> names(std::string_view prefix) override;
    std::unique_ptr<Journal> journal(const std::string& name) override;

  private:
    struct Content;
    std::shared_ptr<Content> content_;
};

}  // namespace osu::studio
