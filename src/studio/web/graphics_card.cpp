#include "studio/web/graphics_card.h"

#include <algorithm>
#include <vector>

#include <emscripten/threading.h>

#include "model/parameters.h"

namespace osu::studio {

namespace {

// JavaScript takes `asked` to `writing`, which nobody else can then end, and to `answered`; or to `failed`,
// for good. C++ takes what nobody answers to `failed`, so that nothing is written where there are other
// things meanwhile.
constexpr uint32_t asked = 1, writing = 2, answered = 3, failed = 4;
constexpr uint32_t make_network = 1, add_layer = 2, make_step = 3;
constexpr double wait_ms = 1000;
constexpr int most_waits = 180;

}  // namespace

GraphicsMailbox& graphics_mailbox() {
    static GraphicsMailbox mailbox{};
    return mailbox;
}

GraphicsCard::GraphicsCard(const DitConfig& config, const TensorMap& weights) {
    const ParameterLayout layout(config);
    ask(make_network, {config.depth, config.hidden, config.heads}, {});
    const auto add = [&](const LinearParameters& layer) {
        const std::vector<float> weight = to_floats(tensor_of(weights, layer.weight->name)),
                                 bias = to_floats(tensor_of(weights, layer.bias->name));
        ask(add_layer, {layer.weight->shape[0], layer.weight->shape[1]}, {weight.data(), bias.data()});
    };
    for (const auto& block : layout.layers().blocks)
        for (const LinearParameters& layer : {block.qkv, block.proj, block.fc1, block.fc2}) add(layer);
    add(layout.layers().final);
}

bool GraphicsCard::forward(const AttentionShape& shape, const float* input, const float* modulation,
                           float* out) {
    ask(make_step, {shape.batch, shape.tokens, shape.band}, {input, modulation, out});
    return works_;
}

void GraphicsCard::ask(uint32_t request, std::initializer_list<int64_t> numbers,
                       std::initializer_list<const float*> addresses) {
    if (!works_) return;
    GraphicsMailbox& mailbox = graphics_mailbox();
    mailbox.request = request;
    std::transform(numbers.begin(), numbers.end(), mailbox.numbers,
                   [](int64_t number) { return static_cast<uint32_t>(number); });
    std::transform(addresses.begin(), addresses.end(), mailbox.addresses,
                   [](const float* at) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(at)); });
    uint32_t state = mailbox.state;
    works_ = state != failed && mailbox.state.compare_exchange_strong(state, asked);
    emscripten_futex_wake(&mailbox.state, 1);
    for (int waits = 0; works_ && (state = mailbox.state) != answered; ++waits) {
        if (waits >= most_waits && state == asked) mailbox.state.compare_exchange_strong(state, failed);
        works_ = mailbox.state != failed;
        if (works_) emscripten_futex_wait(&mailbox.state, state, wait_ms);
    }
}

}  // namespace osu::studio
