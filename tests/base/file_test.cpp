#include "base/file.h"

#include <cstring>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

TEST(PartReader, CopiesPartsOfTheFile) {
    const std::filesystem::path path = testing::TempDir() + "osu-parts-" + std::to_string(::getpid());
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
    std::filesystem::remove(path);
}

class Outputs : public testing::Test {
  protected:
    const fs::path folder = testing::TempDir() + "osu-outputs-" + std::to_string(::getpid());
    Outputs() { fs::create_directories(folder); }
    ~Outputs() override { fs::remove_all(folder); }
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

}  // namespace
}  // namespace osu
