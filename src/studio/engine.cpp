#include "studio/engine.h"

#include "base/error.h"
#include "data/split.h"
#include "studio/styles.h"

namespace osu::studio {

Engine::Engine(std::string file, std::function<Checkpoint()> read, std::function<OpenDevice()> open,
               Remote remote)
    : file_(std::move(file)), read_(std::move(read)), open_(std::move(open)), remote_(std::move(remote)) {}

void Engine::open_info() {
    if (info_) return;
    if (!checkpoint_) checkpoint_ = read_();
    info_ = describe(*checkpoint_);
    for (const LabelEntry& entry : info_->labels.entries())
        if (!is_held_out(info_->held_out, entry)) known_.push_back(&entry);
}

const CheckpointInfo& Engine::info() {
    const std::lock_guard lock(mutex_);
    open_info();
    return *info_;
}

const TensorMap& Engine::weights() {
    const std::lock_guard lock(mutex_);
    open_info();
    return checkpoint_->weights();
}

const std::vector<const LabelEntry*>& Engine::known() {
    const std::lock_guard lock(mutex_);
    open_info();
    return known_;
}

// Others may ask for info() meanwhile: making the weights ready takes a while.
SamplingNetwork& Engine::network() {
    Checkpoint checkpoint;
    {
        const std::lock_guard lock(mutex_);
        if (network_) return *network_;
        if (!checkpoint_) checkpoint_ = read_();
        checkpoint = *checkpoint_;
    }
    OpenDevice device = open_();
    auto network = std::make_unique<SamplingNetwork>(std::move(checkpoint), file_,
                                                     NetworkFlags{.with_labels = false}, *device.backend);
    if (remote_) network->network().use(remote_(network->config(), network->weights()));
    const std::lock_guard lock(mutex_);
    device_name_ = device.name;
    backend_ = std::move(device.backend);
    network_ = std::move(network);
    return *network_;
}

std::string Engine::device() const {
    const std::lock_guard lock(mutex_);
    return device_name_;
}

std::vector<int32_t> Engine::classes(const StyleChoice& choice, const Beatmap& map) {
    if (choice.none()) return {};
    if (!choice.like_this_map) {
        StyleFlags flags;
        flags.id = choice.id;
        flags.mapper = choice.mapper;
        return find_style(info(), flags);
    }
    const LikeMaps like = maps_like(known(), map.metadata);
    if (like.maps.empty())
        fail(Hint{"choose a mapper or another map"},
             "the model knows neither this map nor its mapper nor its song");
    std::vector<int32_t> classes;
    for (const LabelEntry* entry : like.maps) classes.push_back(entry->label);
    if (like.known) classes.resize(1);
    return classes;
}

double usual_guidance(const StyleChoice& choice) {
    return choice.none() ? cfg_of_none : choice.mapper.empty() ? cfg_of_map : cfg_of_mapper;
}

}  // namespace osu::studio
