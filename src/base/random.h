// Random numbers. Philox4x32-10 (Salmon et al. 2011) is a function of (seed, stream, position), so a draw
// does not depend on the device, the thread count or what was drawn before. TorchRandom gives the numbers of
// PyTorch's CPU generator (mt19937), for parity with the reference.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>

namespace osu {

// Where a sampler takes its noise from.
class NormalSource {
  public:
    virtual ~NormalSource() = default;
    virtual void fill_normal(std::span<float> out) = 0;  // independent, mean 0, variance 1
};

// Ten rounds over a counter: the block function beneath Philox.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

class Philox final : public NormalSource {
  public:
    // `stream` names a purpose or an item (a training sample, a variant); streams of one seed are
    // independent.
    explicit Philox(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

    uint32_t next_u32();
    float uniform();                 // [0, 1), 24 bits
    uint64_t below(uint64_t bound);  // unbiased, [0, bound), bound > 0
    void fill_normal(std::span<float> out) override;

  private:
    uint64_t seed_, stream_, block_ = 0;
    std::array<uint32_t, 4> words_{};
    int used_ = 4;
};

// PyTorch's CPU generator: torch.manual_seed(seed), then randn, rand and randint in the order they are
// called.
class TorchRandom final : public NormalSource {
  public:
    explicit TorchRandom(uint64_t seed);
    void fill_normal(std::span<float> out) override;         // torch.randn / randn_like, float32, contiguous
    void fill_uniform(std::span<float> out);                 // torch.rand
    void fill_below(int64_t bound, std::span<int64_t> out);  // torch.randint(bound), bound < 2³²

  private:
    std::mt19937 engine_;
    double spare_normal_ = 0;  // the second value of the last Box-Muller pair of the short path
    bool has_spare_ = false;
    double unit_double();  // [0, 1), 53 bits
    double normal();
};

}  // namespace osu
