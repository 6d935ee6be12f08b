// A GIF is taken apart again: frames, times, and the last frame against the still picture.
#include <algorithm>
#include <cmath>

#include <gif_lib.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "picture/canvas.h"
#include "picture/painter.h"
#include "picture/palette.h"
#include "picture/picture.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

Beatmap frame(size_t i) {
    Beatmap map = parse_beatmap(
        "osu file format v14\n\n[Difficulty]\nCircleSize:4\n\n[HitObjects]\n"
        "0,192,0,5,0\n300,300,500,5,0\n100,60,800,2,0,L|200:60,1,100\n");
    map.objects[0].position.x = static_cast<float>(50 * std::min<size_t>(i, 4));
    return map;
}

struct Gif {
    explicit Gif(const fs::path& path) {
        int error = 0;
        file = DGifOpenFileName(path.c_str(), &error);
        if (!file || DGifSlurp(file) != GIF_OK) throw std::runtime_error("not a GIF");
    }
    ~Gif() { DGifCloseFile(file, nullptr); }
    // Frame by frame as a viewer shows them; 0x00RRGGBB.
    std::vector<uint32_t> play() const {
        std::vector<uint32_t> screen(static_cast<size_t>(file->SWidth) * file->SHeight);
        for (int i = 0; i < file->ImageCount; i++) {
            GraphicsControlBlock control;
            DGifSavedExtensionToGCB(file, i, &control);
            const GifImageDesc& area = file->SavedImages[i].ImageDesc;
            for (int y = 0; y < area.Height; y++)
                for (int x = 0; x < area.Width; x++) {
                    const int index = file->SavedImages[i].RasterBits[y * area.Width + x];
                    if (index == control.TransparentColor) continue;
                    const GifColorType& c = file->SColorMap->Colors[index];
                    screen[static_cast<size_t>(area.Top + y) * file->SWidth + area.Left + x] =
                        static_cast<uint32_t>(c.Red << 16 | c.Green << 8 | c.Blue);
                }
        }
        return screen;
    }
    GifFileType* file;
};

TEST(Animation, PlaysEveryFrameAndEndsInTheStillPicture) {
    const test::TemporaryFolder folder;
    const fs::path path = folder / "a.gif";
    PictureOptions options;
    options.scale = 1;
    size_t asked = 0;
    animate_beatmaps(
        6, [&](size_t i) { return asked++, frame(i); }, options, 7, path);
    EXPECT_EQ(asked, 6u);
    const std::string bytes = read_file(path);
    animate_beatmaps(6, frame, options, 7, path);
    EXPECT_EQ(bytes, read_file(path));
    EXPECT_EQ(bytes.substr(0, 6), "GIF89a");
    EXPECT_NE(bytes.find("NETSCAPE2.0"), std::string::npos);

    const Gif gif(path);
    ASSERT_EQ(gif.file->ImageCount, 6);
    EXPECT_EQ(gif.file->SWidth, panel_width);
    EXPECT_EQ(gif.file->SHeight, panel_height);
    for (int i = 0; i < 6; i++) {
        GraphicsControlBlock control;
        ASSERT_EQ(DGifSavedExtensionToGCB(gif.file, i, &control), GIF_OK);
        EXPECT_EQ(control.DelayTime, i == 5 ? 200 : 7);
        EXPECT_EQ(control.DisposalMode, DISPOSE_DO_NOT);
    }
    EXPECT_LT(gif.file->SavedImages[1].ImageDesc.Width, 200);  // a moved circle, not the page
    EXPECT_EQ(gif.file->SavedImages[5].ImageDesc.Width, 1);    // nothing moved

    Canvas still(ImageFormat::memory, panel_width, panel_height, 1);
    paint_scene(still, make_scene(frame(5), options), 0, 0);
    still.flush();
    const std::vector<uint32_t> screen = gif.play();
    double error = 0;
    for (int y = 0; y < still.pixel_height(); y++)
        for (int x = 0; x < still.pixel_width(); x++)
            for (const int shift : {0, 8, 16}) {
                const auto channel = [shift](uint32_t pixel) {
                    return static_cast<int>(pixel >> shift & 0xff);
                };
                const double difference = channel(screen[static_cast<size_t>(y) * gif.file->SWidth + x]) -
                                          channel(still.row(y)[static_cast<size_t>(x)]);
                error += difference * difference;
            }
    EXPECT_LT(std::sqrt(error / (3.0 * panel_width * panel_height)), 1.5);  // of 255
}

TEST(Animation, RefusesWhatItCannotDraw) {
    const test::TemporaryFolder folder;
    EXPECT_THROW(animate_beatmaps(1, frame, {}, 5, folder / "a.png"), Error);
    EXPECT_THROW(animate_beatmaps(0, frame, {}, 5, folder / "a.gif"), Error);
    PictureOptions large;
    large.scale = 50;
    EXPECT_THROW(animate_beatmaps(1, frame, large, 5, folder / "a.gif"), Error);
    EXPECT_FALSE(fs::exists(folder / "a.gif"));
}

TEST(Palette, KeepsFewColoursExactly) {
    const std::vector<uint32_t> pixels{0x102030, 0x102030, 0xff0000, 0x00ff00, 0x102030, 0xfefefe};
    ColourCount counted;
    counted.add(pixels);
    const std::vector<Colour> palette = counted.palette(255);
    ASSERT_EQ(palette.size(), 4u);
    const PaletteIndex index(counted, palette);
    for (const uint32_t pixel : pixels) {
        const Colour colour = palette[index[pixel]];
        EXPECT_EQ(static_cast<uint32_t>(colour.red << 16 | colour.green << 8 | colour.blue), pixel);
    }
    EXPECT_EQ(counted.palette(2).size(), 2u);
    EXPECT_TRUE(ColourCount().palette(255).empty());
}

}  // namespace
}  // namespace osu
