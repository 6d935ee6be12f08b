#include "studio/storage.h"

#include <map>
#include <mutex>

namespace osu::studio {

struct MemoryStorage::Content {
    std::mutex mutex;
    std::map<std::string, std::string> values;
    std::map<std::string, std::vector<std::string>> journals;
};

MemoryStorage::MemoryStorage() : content_(std::make_shared<Content>()) {}
MemoryStorage::~MemoryStorage() = default;

void MemoryStorage::put(const std::string& name, std::string_view content) {
    const std::lock_guard lock(content_->mutex);
    content_->values[name] = content;
}

std::optional<Bytes> MemoryStorage::get(const std::string& name) {
    const std::lock_guard lock(content_->mutex);
    const auto found = content_->values.find(name);
    if (found == content_->values.end()) return {};
    return Bytes::of(found->second);
}

void MemoryStorage::remove(const std::string& name) {
    const std::lock_guard lock(content_->mutex);
    content_->values.erase(name);
}

std::vector<std::string> MemoryStorage::names(std::string_view prefix) {
    const std::lock_guard lock(content_->mutex);
    std::vector<std::string> names;
    for (const auto& [name, content] : content_->values)
        if (name.starts_with(prefix)) names.push_back(name);
    return names;
}

std::unique_ptr<Journal> MemoryStorage::journal(const std::string& name) {
    class Lines : public Journal {
      public:
        Lines(std::shared_ptr<Content> content, std::string name)
            : content_(std::move(content)), name_(std::move(name)) {}
        std::vector<std::string> read() override {
            const std::lock_guard lock(content_->mutex);
            return content_->journals[name_];
        }
        void append(std::string_view record) override {
            const std::lock_guard lock(content_->mutex);
            content_->journals[name_].emplace_back(record);
        }

      private:
        std::shared_ptr<Content> content_;
        const std::string name_;
    };
    return std::make_unique<Lines>(content_, name);
}

}  // namespace osu::studio
