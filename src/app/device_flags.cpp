#include "app/device_flags.h"

#include <fmt/format.h>

namespace osu {

void add_device_flags(CLI::App& verb, DeviceChoice& choice) {
    choice = {"auto", "auto"};
    verb.add_option("--device", choice.device,
                    "auto (a GPU where this build has CUDA and one answers), cpu, cuda, cuda:N");
    verb.add_option("--precision", choice.precision,
                    "auto (bf16 where the device is faster in it), f32, bf16")
        ->check(CLI::IsMember({"auto", "f32", "bf16"}));
}

std::unique_ptr<Backend> open_backend(const DeviceChoice& choice) {
    OpenDevice device = open_device(choice);
    if (!device.notice.empty()) fmt::print(stderr, "notice: {}\n", device.notice);
    return std::move(device.backend);
}

}  // namespace osu
