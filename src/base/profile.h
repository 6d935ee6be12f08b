// Where the time of a run goes, by operation (--profile). Scopes nest, and each counts its own time without
// that of the scopes inside it. They report to the Profile of their thread; without one a scope costs a look
// at a pointer. What a device does behind the host is reported by whoever gave it the work, once it is done.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace osu {

class Profile {
  public:
    // Collects while it lives, if it is `wanted`.
    explicit Profile(bool wanted);
    ~Profile();
    Profile(const Profile&) = delete;
    Profile& operator=(const Profile&) = delete;

    // That of this thread, or null.
    static Profile* current();

    // An operation that took a device so long; `flops` of a matrix product.
    void add_on_device(const char* name, double seconds, double flops);

    // Calls, time and share of each operation since the program began, and what share of all is matrix
    // products, which is the floor. What ran on a device has a table of its own. Empty when not wanted.
    std::string table() const;

  private:
    friend class ProfileScope;
    using Clock = std::chrono::steady_clock;
    struct Row {
        const char* name;
        int64_t calls = 0;
        double own = 0, whole = 0, first = 0;  // s: without and with the scopes inside; when it began first
        double flops = 0;
    };
    using Rows = std::vector<Row>;
    Rows rows_, on_device_;

    static Row& row(Rows& rows, const char* name);
    static std::string lines(Rows rows, const char* title, double all);
};

class ProfileScope {
  public:
    // `flops` of a matrix product.
    explicit ProfileScope(const char* name, double flops = 0);
    ~ProfileScope();
    ProfileScope(const ProfileScope&) = delete;
    ProfileScope& operator=(const ProfileScope&) = delete;

  private:
    Profile* profile_;
    ProfileScope* outer_;
    const char* name_;
    double flops_, inside_ = 0;
    Profile::Clock::time_point start_;
};

// The scope whose first beginning ends the start of a run: the table names that time.
constexpr const char* first_step_scope = "step";

}  // namespace osu
