// The network that places, opened when somebody asks for it: what it is and whose styles it knows in
// milliseconds, the weights made ready on the thread that samples.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ops/devices.h"
#include "sampling/network.h"
#include "studio/place_request.h"

namespace osu::studio {

class Engine {
  public:
    // Who does the blocks of a network of these weights, which are there as long as it; null: the device.
    using Remote = std::function<std::unique_ptr<RemoteBlocks>(const DitConfig&, const TensorMap&)>;
    // `file` for people. `read`, `open` and `remote` are called once each, unless they fail.
    Engine(std::string file, std::function<Checkpoint()> read, std::function<OpenDevice()> open,
           Remote remote = {});

    const std::string& file() const { return file_; }
    // Errors as the checkpoint's and the device's.
    const CheckpointInfo& info();
    const TensorMap& weights();
    SamplingNetwork& network();
    std::string device() const;  // its name; empty until the network is there

    // Styles that were trained: of these entries of info().labels (held-out ones are as they were drawn).
    const std::vector<const LabelEntry*>& known();
    // The classes to guide towards; none for no style. Error for one that the model does not know.
    std::vector<int32_t> classes(const StyleChoice& choice, const Beatmap& map);

  private:
    const std::string file_;
    const std::function<Checkpoint()> read_;
    const std::function<OpenDevice()> open_;
    const Remote remote_;
    mutable std::mutex mutex_;
    std::optional<Checkpoint> checkpoint_;
    std::optional<CheckpointInfo> info_;
    std::vector<const LabelEntry*> known_;
    std::string device_name_;
    std::unique_ptr<Backend> backend_;
    std::unique_ptr<SamplingNetwork> network_;
    void open_info();
};

constexpr double cfg_of_none = 1, cfg_of_map = 3, cfg_of_mapper = 5;
double usual_guidance(const StyleChoice& choice);

}  // namespace osu::studio
