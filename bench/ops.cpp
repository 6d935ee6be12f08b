// Every operation of one transformer block, against the floor: the linear products of that block alone.
//   bench_ops [--threads N] [--pairs N] [--only TEXT]
// Floor and operations take turns; medians.
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/parallel.h"
#include "base/random.h"
#include "floor.h"
#include "measure.h"
#include "ops/backend.h"

namespace osu::bench {

namespace {

struct Size {
    const char* name;
    int64_t hidden, heads;
};

struct Operation {
    std::string name;
    std::function<void()> run;
    std::vector<double> seconds = {};
};

// The buffers and operations of one block.
class Block {
  public:
    Block(DType type, const Size& size, int64_t batch, int64_t tokens, int64_t band, bool trains);
    std::vector<Operation> operations;
    Floor floor;

  private:
    std::unique_ptr<Backend> backend_;
    std::vector<std::shared_ptr<void>> memory_;
    std::vector<std::unique_ptr<Weight>> weights_;

    float* floats(int64_t count, float deviation = 1) {
        memory_.push_back(backend_->allocate(static_cast<size_t>(count) * 4));
        auto* values = static_cast<float*>(memory_.back().get());
        Philox(1).fill_normal({values, static_cast<size_t>(count)});
        for (int64_t i = 0; i < count; ++i) values[i] *= deviation;
        return values;
    }
    Matrix matrix(int64_t rows, int64_t cols, DType type) {
        const Matrix plain{floats(rows * cols), DType::f32, rows, cols, cols};
        if (type == DType::f32) return plain;
        memory_.push_back(backend_->allocate(static_cast<size_t>(rows * cols) * 2));
        const Matrix narrow{memory_.back().get(), type, rows, cols, cols};
        backend_->cast(plain, narrow);
        return narrow;
    }
    const Weight& weight(int64_t out, int64_t in) {
        weights_.push_back(backend_->make_weight(out, in));
        const float* master = floats(out * in, 0.03f);
        backend_->pack(*weights_.back(), master, in);
        floor.add(out, in);
        return *weights_.back();
    }
    void add(std::string name, std::function<void()> run) {
        operations.push_back({std::move(name), std::move(run)});
    }
    void add_optimiser(int64_t h);
};

Block::Block(DType type, const Size& size, int64_t batch, int64_t tokens, int64_t band, bool trains)
    : floor(type, batch * tokens, trains), backend_(make_cpu_backend(type)) {
    Backend& b = *backend_;
    const int64_t h = size.hidden, n = batch * tokens;
    const AttentionShape shape{batch, tokens, size.heads, h / size.heads, band};
    const Matrix x = matrix(n, h, DType::f32), ada = matrix(batch, 6 * h, DType::f32), y = matrix(n, h, type);
    const Matrix qkv = matrix(n, 3 * h, type), mixed = matrix(n, h, type), branch = matrix(n, h, type);
    const Matrix pre = trains ? matrix(n, 4 * h, type) : Matrix{}, wide = matrix(n, 4 * h, type);
    const Matrix x_out = trains ? matrix(n, h, DType::f32) : x;
    const ResidualNorm norm{{branch, ada.columns(2 * h, h)},
                            {ada.columns(0, h), ada.columns(h, h)},
                            x_out,
                            {floats(n), floats(n)}};
    const Attention attention{qkv, shape, mixed, trains ? floats(size.heads * n) : nullptr};
    const Weight &to_qkv = weight(3 * h, h), &to_out = weight(h, h);
    const Weight &up = weight(4 * h, h), &down = weight(h, 4 * h);
    const float* bias = floats(4 * h);
    add("residual + norm", [=, &b] { b.residual_norm(norm, x, y); });
    add("qkv", [=, &b, &to_qkv] { b.linear(y, to_qkv, bias, qkv); });
    add("attention", [=, &b] { b.attention(attention); });
    add("out", [=, &b, &to_out] { b.linear(mixed, to_out, bias, branch); });
    add("residual + norm", [=, &b] { b.residual_norm(norm, x, y); });
    add("up + gelu", [=, &b, &up] { b.linear_gelu(y, up, bias, pre, wide); });
    add("down", [=, &b, &down] { b.linear(wide, down, bias, branch); });
    if (!trains) return;
    const Matrix dx = matrix(n, h, DType::f32), dy = matrix(n, h, type), d_wide = matrix(n, 4 * h, type);
    const Matrix d_branch = matrix(n, h, type), d_qkv = matrix(n, 3 * h, type),
                 d_ada = matrix(batch, 6 * h, DType::f32);
    float *dw = floats(4 * h * h), *db = floats(4 * h);
    const Modulation d_modulation{d_ada.columns(0, h), d_ada.columns(h, h)};
    const auto norm_backward = [=, &b] {
        b.residual_norm_backward(norm, dy, dx, {d_branch, d_ada.columns(2 * h, h)}, d_modulation);
    };
    add("gelu, down backward", [=, &b, &down] {
        b.linear_backward(d_branch, wide, down, d_wide, {dw, 4 * h, db}, pre);
    });
    add("up backward", [=, &b, &up] { b.linear_backward(d_wide, y, up, dy, {dw, h, db}); });
    add("norm backward", norm_backward);
    add("out backward", [=, &b, &to_out] { b.linear_backward(d_branch, mixed, to_out, dy, {dw, h, db}); });
    add("attention backward", [=, &b] { b.attention_backward(attention, dy, d_qkv); });
    add("qkv backward", [=, &b, &to_qkv] { b.linear_backward(d_qkv, y, to_qkv, dy, {dw, h, db}); });
    add("norm backward", norm_backward);
    add_optimiser(h);
}

// All parameters of a block: 12 h² of its products and 6 h² of its adaLN.
void Block::add_optimiser(int64_t h) {
    Backend& b = *backend_;
    const int64_t count = 18 * h * h;
    const auto arenas = AdamWArenas::in(floats(5 * count), static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) arenas.exp_avg_sq[i] *= arenas.exp_avg_sq[i];
    add("adamw + ema", [=, &b] {
        const AdamWFactors factors = adamw_factors({});
        const StepTotals totals;
        b.adamw(arenas, &factors, &totals);
    });
    add("packing", [=, &b, this] {
        for (const auto& weight : weights_) b.pack(*weight, arenas.parameter, weight->in);
    });
}

void measure(const std::string& name, Block& block, int pairs) {
    std::vector<double> floors;
    for (int i = -2; i < pairs; ++i) {
        const double floor = seconds_of([&] { block.floor.run(); });
        if (i >= 0) floors.push_back(floor);
        for (auto& operation : block.operations) {
            const double seconds = seconds_of(operation.run);
            if (i >= 0) operation.seconds.push_back(seconds);
        }
    }
    const double floor = median(floors);
    std::vector<double> ratios;
    for (size_t i = 0; i < floors.size(); ++i) {
        double total = 0;
        for (const auto& operation : block.operations) total += operation.seconds[i];
        ratios.push_back(total / floors[i]);
    }
    std::printf("\n%s: %.2f floors (floor %.2f ms a block, %.0f GFLOP/s)\n", name.c_str(), median(ratios),
                floor * 1e3, block.floor.flops() / floor * 1e-9);
    for (const auto& operation : block.operations) {
        const double seconds = median(operation.seconds);
        std::printf("  %-20s %9.3f ms  %5.1f %% of the floor\n", operation.name.c_str(), seconds * 1e3,
                    seconds / floor * 100);
    }
}

}  // namespace

int run(int threads, int pairs, const std::string& only) {
    set_thread_count(threads);
    for (const Size& size : {Size{"B", 768, 12}, Size{"XS", 256, 4}})
        for (const DType type : {DType::bf16, DType::f32})
            for (const bool trains : {false, true}) {
                const std::string name = std::string(size.name) + " " + std::string(name_of(type)) +
                                         (trains ? " training 16 x 128" : " forward T = 1024, band 128");
                if (name.find(only) == std::string::npos) continue;
                Block block(type, size, trains ? 16 : 1, trains ? 128 : 1024, 128, trains);
                measure(name, block, pairs);
            }
    return 0;
}

}  // namespace osu::bench

int main(int argc, char** argv) {
    CLI::App app("Time of every operation of a block, against its products alone.");
    int threads = 0, pairs = 25;
    std::string only;
    app.add_option("--threads", threads, "0: all cores")->capture_default_str();
    app.add_option("--pairs", pairs, "measurements of each")->capture_default_str();
    app.add_option("--only", only, "cases whose name contains this text, such as \"B bf16\"");
    CLI11_PARSE(app, argc, argv);
    return osu::bench::run(threads, pairs, only);
}
