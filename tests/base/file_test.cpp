#include "base/file.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

TEST(PartReader, CopiesPartsOfTheFile) {
    const test::TemporaryFolder folder;
    const std::filesystem::path path = folder / "a";
    std::string content;
    for (int i = 0; i < 5000000; ++i) content += static_cast<char>(i * 7 + i / 251);
    write_file(path, content);
    const auto file = std::make_shared<const MappedFile>(path);
    PartReader reader(file);
    const auto bytes = file->bytes();
    for (const auto& [first, count] :
         {std::pair<size_t, size_t>{0, 10}, {4095, 3000001}, {4999999, 1}, {0, 5000000}, {17, 0}}) {
        const auto part = bytes.subspan(first, count);
        const std::byte* copy = reader.read(part);
        EXPECT_NE(copy, part.data());
        EXPECT_EQ(std::memcmp(copy, content.data() + first, count), 0) << first;
    }
    const std::string other(100, 'x');
    const auto elsewhere = std::as_bytes(std::span(other));
    EXPECT_EQ(reader.read(elsewhere), elsewhere.data());
    std::filesystem::resize_file(path, 1000);
    EXPECT_THROW(reader.read(bytes), std::runtime_error);
}

class Outputs : public testing::Test {
  protected:
    const test::TemporaryFolder temporary;
    const fs::path folder = temporary.path();
    size_t files() const {
        return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
    }
};

TEST_F(Outputs, ReplaceTheFileBehindALink) {
    write_file(folder / "real", "old");
    fs::create_symlink("real", folder / "link");
    write_file(folder / "link", "new");
    EXPECT_TRUE(fs::is_symlink(folder / "link"));
    EXPECT_EQ(read_file(folder / "real"), "new");
    EXPECT_EQ(files(), 2u) << "nothing else stays behind";
}

TEST_F(Outputs, GoIntoAPipeAsTheyCome) {
    const fs::path pipe = folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    std::string read;
    std::thread reader([&] { std::getline(std::ifstream(pipe), read); });
    write_file(pipe, "words\n");
    reader.join();
    EXPECT_EQ(read, "words");
    EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(Outputs, MakeTheirFolder) {
    write_file(folder / "a" / "b" / "file", "text");
    EXPECT_EQ(read_file(folder / "a" / "b" / "file"), "text");
}

TEST_F(Outputs, NewFilesSpareOthers) {
    EXPECT_TRUE(write_new_file(folder / "file", "first"));
    EXPECT_FALSE(write_new_file(folder / "file", "second"));
    EXPECT_EQ(read_file(folder / "file"), "first");
    EXPECT_EQ(files(), 1u);
}

TEST_F(Outputs, AreCheckedBeforeTheWork) {
    write_file(folder / "input", "text");
    fs::create_hard_link(folder / "input", folder / "same");
    EXPECT_NO_THROW(check_output(folder / "output", {folder / "input", ""}));
    EXPECT_NO_THROW(check_output(folder / "new" / "folder" / "output", {folder / "input"}));
    EXPECT_NO_THROW(check_output("output", {}));
    EXPECT_THROW(check_output(folder / "same", {"", folder / "input"}), Error);
    EXPECT_THROW(check_output(folder / "." / "input", {folder / "input"}), Error);
    EXPECT_THROW(check_output(folder, {}), Error) << "a folder";
    EXPECT_THROW(check_output(folder / "input" / "output", {}), Error) << "below a file";
    EXPECT_EQ(files(), 2u);
}

TEST_F(Outputs, WithNamesTooLongAreFoundBeforeTheWork) {
    EXPECT_NO_THROW(check_output(folder / std::string(255, 'n'), {}));
    std::string far = (folder / "new").string();
    while (far.size() < 4200) far += "/folder";
    for (const fs::path& path :
         {folder / std::string(256, 'n'), folder / "new" / std::string(256, 'n') / "a", fs::path(far)}) {
        try {
            check_output(path, {});
            FAIL() << path;
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find("name too long"), std::string::npos) << error.what();
        }
    }
}

TEST_F(Outputs, InFoldersThatCannotBeWrittenAreFoundBeforeTheWork) {
    if (::geteuid() == 0) GTEST_SKIP() << "the administrator may write everywhere";
    write_file(folder / "there", "text");
    fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
    EXPECT_THROW(check_output(folder / "new", {}), Error);
    EXPECT_THROW(check_output(folder / "there", {}), Error) << "it is replaced, not written into";
    fs::permissions(folder, fs::perms::owner_all);
}

// Writes a part of a file in a process of its own, which then waits until it is killed.
pid_t begin_to_write(const fs::path& path) {
    int begun[2];
    if (::pipe(begun) != 0) return -1;
    const pid_t child = ::fork();
    if (child == 0) {
        AtomicFile file(path);
        file.write(std::string(3 << 20, 'x'));
        if (::write(begun[1], "", 1) == 1) ::pause();
        ::_exit(1);
    }
    char byte = 0;
    EXPECT_EQ(::read(begun[0], &byte, 1), 1);
    for (const int end : begun) ::close(end);
    return child;
}

TEST_F(Outputs, OfTheDeadAreRemovedThoseOfTheLivingStay) {
    const fs::path there = folder / "of this test";  // what is left in a folder is looked for once
    const auto count = [&] {
        return static_cast<size_t>(std::distance(fs::directory_iterator(there), fs::directory_iterator()));
    };
    const pid_t living = begin_to_write(there / "a"), dying = begin_to_write(there / "b");
    fs::create_symlink("nowhere", there / "c.0123456789abcdef.part");
    ASSERT_EQ(count(), 3u);
    ::kill(dying, SIGKILL);
    ::waitpid(dying, nullptr, 0);
    remove_abandoned_files(there);
    EXPECT_EQ(count(), 2u) << "the link is nobody's file";
    for (const auto& entry : fs::directory_iterator(there))
        EXPECT_NE(entry.path().filename().string()[0], 'b') << entry.path();
    ::kill(living, SIGKILL);
    ::waitpid(living, nullptr, 0);
    write_file(there / "a", "anew");
    EXPECT_EQ(count(), 2u) << "whoever writes there removes it";
}

TEST_F(Outputs, HaveTemporaryNamesThatNobodyForetells) {
    std::set<std::string> names;
    for (int i = 0; i < 20; ++i) {
        const AtomicFile file(folder / "file");
        for (const auto& entry : fs::directory_iterator(folder)) {
            const std::string name = entry.path().filename();
            EXPECT_EQ(name.size(), std::string("file..part").size() + 16) << name;
            names.insert(name);
        }
    }
    EXPECT_EQ(names.size(), 20u);
    EXPECT_EQ(files(), 0u);
}

TEST_F(Outputs, KeepTheRightsOfWhatTheyReplace) {
    write_file(folder / "private", "old");
    fs::permissions(folder / "private", fs::perms::owner_read | fs::perms::owner_write);
    write_file(folder / "private", "new");
    EXPECT_EQ(read_file(folder / "private"), "new");
    EXPECT_EQ(fs::status(folder / "private").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Outputs, MayHaveTheLongestNameThatThereIs) {
    const std::string name(255, 'n');
    write_file(folder / name, "text");
    EXPECT_EQ(read_file(folder / name), "text");
}

TEST_F(Outputs, ThatAreReadWhileTheyAreCutGiveAnError) {
    const fs::path path = folder / "file";
    write_file(path, std::string(100000, 'x'));
    const MappedFile file(path, WhenCut::zeros);
    EXPECT_NO_THROW(file.check());
    fs::resize_file(path, 5000);
    EXPECT_EQ(file.bytes()[4000], std::byte{'x'});
    EXPECT_EQ(file.bytes()[90000], std::byte{0});
    EXPECT_THROW(file.check(), Error);

    write_file(path, std::string(100000, 'x'));
    EXPECT_EXIT(
        {
            const MappedFile other(path);
            fs::resize_file(path, 0);
            std::exit(other.bytes()[90000] == std::byte{0} ? 2 : 3);
        },
        testing::ExitedWithCode(1), "cannot read .*file: it became shorter");
}

TEST_F(Outputs, APipeIsNoFileAndNotWaitedFor) {
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_THROW(read_file(folder / "pipe"), Error);
    EXPECT_THROW(MappedFile(folder / "pipe"), Error);
}

}  // namespace
}  // namespace osu
