#include "base/profile.h"

#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

namespace osu {
namespace {

void busy_for(int milliseconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (std::chrono::steady_clock::now() < end) {
    }
}

// A number of the row `name`: column 1 is the calls, 2 the milliseconds.
double figure(const std::string& table, const std::string& name, int column) {
    size_t at = table.find("\n" + name + " ");
    EXPECT_NE(at, std::string::npos) << name << " in" << table;
    if (at == std::string::npos) return -1;
    const char* text = table.c_str() + at + 1 + name.size();
    double value = 0;
    for (char* end = nullptr; column > 0; --column, text = end) value = std::strtod(text, &end);
    return value;
}

TEST(Profile, AScopeCountsItsOwnTimeWithoutThatInside) {
    const Profile profile(true);
    for (int i = 0; i < 3; ++i) {
        const ProfileScope outer("outer");
        busy_for(2);
        const ProfileScope inner("a product", 1e6);
        busy_for(20);
    }
    const std::string table = profile.table();
    EXPECT_EQ(figure(table, "outer", 1), 3);
    EXPECT_EQ(figure(table, "a product", 1), 3);
    EXPECT_GE(figure(table, "outer", 2), 6);
    EXPECT_GE(figure(table, "a product", 2), 60);
    EXPECT_LE(figure(table, "a product", 2) + figure(table, "outer", 2), figure(table, "since the start", 1));
    EXPECT_LT(figure(table, "outer", 2), figure(table, "a product", 2));
}

TEST(Profile, NothingIsCollectedUnlessWanted) {
    const Profile profile(false);
    { const ProfileScope scope("something"); }
    EXPECT_EQ(profile.table(), "");
}

TEST(Profile, EndsWithItsOwnerAndBelongsToItsThread) {
    {
        const Profile first(true);
        const ProfileScope scope("first");
    }
    const Profile second(true);
    std::thread([] { const ProfileScope scope("elsewhere"); }).join();
    const std::string table = second.table();
    EXPECT_EQ(table.find("first"), std::string::npos);
    EXPECT_EQ(table.find("elsewhere"), std::string::npos);
}

TEST(Profile, NamesTheFirstStep) {
    const Profile profile(true);
    for (int i = 0; i < 2; ++i) {
        const ProfileScope step(first_step_scope);
        const ProfileScope product("a product", 1e6);
        busy_for(1);
    }
    EXPECT_NE(profile.table().find("; 2 steps took"), std::string::npos) << profile.table();
}

TEST(Profile, WhatADeviceDidHasATableOfItsOwn) {
    Profile profile(true);
    { const ProfileScope step(first_step_scope); }
    profile.add_on_device("a product", 0.75, 3e9);
    profile.add_on_device("a product", 0.75, 3e9);
    profile.add_on_device("a cast", 0.5, 0);
    const std::string table = profile.table();
    EXPECT_EQ(figure(table, "a product", 1), 2);
    EXPECT_EQ(figure(table, "a product", 2), 1500);
    EXPECT_EQ(figure(table, "a product", 3), 75) << "of what the device did";
    EXPECT_NE(table.find("%         4\n"), std::string::npos) << "GFLOP/s in" << table;
    EXPECT_EQ(figure(table, "all of them", 1), 2000);
    EXPECT_LT(figure(table, "since the start", 1), 2000) << "the host waited for none of it";
}

}  // namespace
}  // namespace osu
