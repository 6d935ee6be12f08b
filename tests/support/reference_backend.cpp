#include "support/reference_backend.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>
#include <vector>

namespace osu::test {

namespace {

float& at(Matrix m, int64_t row, int64_t col) {
    return m.f32()[row * m.stride + col];
}

class ReferenceWeight final : public Weight {
  public:
    std::vector<float> values;  // (out, in)
};

const ReferenceWeight& values_of(const Weight& weight) {
    return static_cast<const ReferenceWeight&>(weight);
}

// out (rows, cols): the dot product of `terms` products each.
void product(int64_t rows, int64_t cols, int64_t terms,
             const std::function<double(int64_t, int64_t, int64_t)>& term,
             const std::function<void(int64_t, int64_t, double)>& store) {
    for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < cols; ++j) {
            double sum = 0;
            for (int64_t k = 0; k < terms; ++k) sum += term(i, j, k);
            store(i, j, sum);
        }
}

constexpr double gelu_a = 0.044715;
const double gelu_c = std::sqrt(2 / std::numbers::pi);

double gelu(double x) {
    return 0.5 * x * (1 + std::tanh(gelu_c * (x + gelu_a * x * x * x)));
}

double gelu_derivative(double x) {
    const double t = std::tanh(gelu_c * (x + gelu_a * x * x * x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * gelu_c * (1 + 3 * gelu_a * x * x);
}

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

// The keys that a query of a row may see: [first, last).
struct Range {
    int64_t first, last;
};

Range visible_keys(const AttentionShape& shape, int64_t row, int64_t query) {
    const int64_t valid = shape.lengths ? shape.lengths[row] : shape.tokens;
    if (query >= valid) return {0, 0};
    if (shape.band == 0) return {0, valid};
    return {std::max<int64_t>(0, query - shape.band + 1), std::min(valid, query + shape.band + 1)};
}

class ReferenceBackend final : public Backend {
  public:
    DType compute_type() const override { return DType::f32; }
    bool rows_are_independent() const override { return true; }

    std::shared_ptr<void> allocate(size_t bytes) override {
        return {std::calloc(bytes / 64 + 1, 64), [](void* memory) { std::free(memory); }};
    }
    void upload(void* device, const void* host, size_t bytes) override { std::memcpy(device, host, bytes); }
    void download(void* host, const void* device, size_t bytes) override { std::memcpy(host, device, bytes); }
    void zero(void* device, size_t bytes) override { std::memset(device, 0, bytes); }

    std::unique_ptr<Weight> make_weight(int64_t out, int64_t in) override {
        auto weight = std::make_unique<ReferenceWeight>();
        weight->out = out;
        weight->in = in;
        weight->values.resize(static_cast<size_t>(out * in));
        weight->bytes = weight->values.size() * sizeof(weight->values[0]);
        return weight;
    }
    void pack_from_host(Weight& weight, Matrix master) override {
        std::vector<float> values(static_cast<size_t>(master.rows * master.cols));
        cast(master, {values.data(), DType::f32, master.rows, master.cols, master.cols});
        pack(weight, values.data(), master.cols);
    }
    void pack(Weight& weight, const float* master, int64_t stride) override {
        for (int64_t i = 0; i < weight.out; ++i)
            for (int64_t j = 0; j < weight.in; ++j)
                static_cast<ReferenceWeight&>(weight).values[i * weight.in + j] = master[i * stride + j];
    }

    void linear(Matrix x, const Weight& w, Bias bias, Matrix y) override {
        const auto& values = values_of(w).values;
        product(
            x.rows, w.out, w.in,
            [&](auto i, auto j, auto k) { return double{at(x, i, k)} * values[j * w.in + k]; },
            [&](auto i, auto j, double sum) {
                at(y, i, j) = static_cast<float>(sum + (bias ? bias.values[j] : 0));
            });
    }
    void linear_add(Matrix x, const Weight& w, Matrix y) override {
        const auto& values = values_of(w).values;
        product(
            x.rows, w.out, w.in,
            [&](auto i, auto j, auto k) { return double{at(x, i, k)} * values[j * w.in + k]; },
            [&](auto i, auto j, double sum) { at(y, i, j) += static_cast<float>(sum); });
    }
    void linear_gelu(Matrix x, const Weight& w, Bias bias, Matrix pre, Matrix y) override {
        linear(x, w, bias, y);
        for (int64_t i = 0; i < y.rows; ++i)
            for (int64_t j = 0; j < y.cols; ++j) {
                if (pre) at(pre, i, j) = at(y, i, j);
                at(y, i, j) = static_cast<float>(gelu(at(y, i, j)));
            }
    }
    void linear_backward(Matrix dy, Matrix x, const Weight& w, Matrix dx, const LinearGradients& gradients,
                         Matrix pre) override {
        float *const dw = gradients.weight, *const dbias = gradients.bias;
        const auto put = [&](float& to, double sum) {
            to = static_cast<float>(sum) + (gradients.overwrite ? 0 : to);
        };
        const auto& values = values_of(w).values;
        if (dx)
            product(
                dy.rows, w.in, w.out,
                [&](auto i, auto j, auto k) { return double{at(dy, i, k)} * values[k * w.in + j]; },
                [&](auto i, auto j, double sum) {
                    at(dx, i, j) = static_cast<float>(pre ? sum * gelu_derivative(at(pre, i, j)) : sum);
                });
        if (dw)
            product(
                dy.cols, x.cols, dy.rows,
                [&](auto i, auto j, auto k) { return double{at(dy, k, i)} * at(x, k, j); },
                [&](auto i, auto j, double sum) { put(dw[i * gradients.stride + j], sum); });
        if (dbias)
            product(
                1, dy.cols, dy.rows, [&](auto, auto j, auto k) { return double{at(dy, k, j)}; },
                [&](auto, auto j, double sum) { put(dbias[j], sum); });
    }

    void residual_norm(const ResidualNorm& norm, Matrix x, Matrix y) override {
        const auto& [added, modulation, x_out, statistics] = norm;
        const auto& [branch, gate] = added;
        const auto [mean, rstd] = statistics;
        const int64_t h = x.cols;
        const int64_t tokens = x.rows / std::max<int64_t>(1, (y ? modulation.shift : gate).rows);
        for (int64_t n = 0; n < x.rows; ++n) {
            for (int64_t j = 0; j < h; ++j)
                at(x_out, n, j) = at(x, n, j) + (branch ? at(gate, n / tokens, j) * at(branch, n, j) : 0);
            if (!y) continue;
            double sum = 0, squares = 0;
            for (int64_t j = 0; j < h; ++j) sum += at(x_out, n, j);
            const double m = sum / h;
            for (int64_t j = 0; j < h; ++j) squares += (at(x_out, n, j) - m) * (at(x_out, n, j) - m);
            const double r = 1 / std::sqrt(squares / h + 1e-6);
            if (mean) mean[n] = static_cast<float>(m);
            if (rstd) rstd[n] = static_cast<float>(r);
            for (int64_t j = 0; j < h; ++j)
                at(y, n, j) = static_cast<float>((at(x_out, n, j) - m) * r *
                                                     (1.0 + at(modulation.scale, n / tokens, j)) +
                                                 at(modulation.shift, n / tokens, j));
        }
    }
    void residual_norm_backward(const ResidualNorm& norm, Matrix dy, Matrix dx, GatedBranch d_added,
                                Modulation d_modulation) override {
        const auto& [added, modulation, x_out, statistics] = norm;
        const auto& [branch, gate] = added;
        const auto [mean, rstd] = statistics;
        const int64_t h = dy.cols, rows = modulation.scale.rows, tokens = dy.rows / rows;
        std::vector<double> d_shift(rows * h), d_scale(rows * h), gates(rows * h);
        for (int64_t n = 0; n < dy.rows; ++n) {
            const int64_t b = n / tokens;
            double sum = 0, dot = 0;
            for (int64_t j = 0; j < h; ++j) {
                const double normal = (at(x_out, n, j) - double{mean[n]}) * rstd[n];
                const double d_normal = at(dy, n, j) * (1.0 + at(modulation.scale, b, j));
                d_shift[b * h + j] += at(dy, n, j);
                d_scale[b * h + j] += at(dy, n, j) * normal;
                sum += d_normal;
                dot += d_normal * normal;
            }
            for (int64_t j = 0; j < h; ++j) {
                const double normal = (at(x_out, n, j) - double{mean[n]}) * rstd[n];
                const double d_normal = at(dy, n, j) * (1.0 + at(modulation.scale, b, j));
                at(dx, n, j) += static_cast<float>(rstd[n] * (d_normal - sum / h - normal * dot / h));
                if (!branch) continue;
                gates[b * h + j] += double{at(dx, n, j)} * at(branch, n, j);
                at(d_added.branch, n, j) = at(gate, b, j) * at(dx, n, j);
            }
        }
        for (int64_t b = 0; b < rows; ++b)
            for (int64_t j = 0; j < h; ++j) {
                at(d_modulation.shift, b, j) = static_cast<float>(d_shift[b * h + j]);
                at(d_modulation.scale, b, j) = static_cast<float>(d_scale[b * h + j]);
                if (branch) at(d_added.gate, b, j) = static_cast<float>(gates[b * h + j]);
            }
    }

    void attention(const Attention& a) override {
        const Matrix qkv = a.qkv, out = a.out;
        const AttentionShape& shape = a.shape;
        for_each_query(shape, [&](int64_t b, int64_t head, int64_t q) {
            const int64_t n = b * shape.tokens + q;
            const auto [probability, sum] = probabilities(qkv, shape, b, head, q);
            if (a.log_sum) a.log_sum[head * qkv.rows + n] = static_cast<float>(sum);
            const Range keys = visible_keys(shape, b, q);
            for (int64_t e = head * shape.head_size; e < (head + 1) * shape.head_size; ++e) {
                double value = 0;
                for (int64_t k = keys.first; k < keys.last; ++k)
                    value += probability[k - keys.first] * at(qkv, b * shape.tokens + k, 2 * out.cols + e);
                at(out, n, e) = static_cast<float>(value);
            }
        });
    }
    void attention_backward(const Attention& a, Matrix d_out, Matrix d_qkv) override {
        const Matrix qkv = a.qkv, out = a.out;
        const AttentionShape& shape = a.shape;
        const int64_t h = out.cols;
        const double scale = 1 / std::sqrt(double(shape.head_size));
        std::vector<double> sums(qkv.rows * 3 * h);
        for_each_query(shape, [&](int64_t b, int64_t head, int64_t q) {
            const int64_t n = b * shape.tokens + q, first = head * shape.head_size;
            const auto probability = probabilities(qkv, shape, b, head, q).first;
            const Range keys = visible_keys(shape, b, q);
            double delta = 0;  // Σ d_out·out = Σ_k p_k·dp_k
            for (int64_t e = first; e < first + shape.head_size; ++e)
                delta += double{at(d_out, n, e)} * at(out, n, e);
            for (int64_t k = keys.first; k < keys.last; ++k) {
                const int64_t m = b * shape.tokens + k;
                const double p = probability[k - keys.first];
                double dp = 0;
                for (int64_t e = first; e < first + shape.head_size; ++e) {
                    dp += double{at(d_out, n, e)} * at(qkv, m, 2 * h + e);
                    sums[m * 3 * h + 2 * h + e] += p * at(d_out, n, e);
                }
                const double ds = p * (dp - delta) * scale;
                for (int64_t e = first; e < first + shape.head_size; ++e) {
                    sums[n * 3 * h + e] += ds * at(qkv, m, h + e);
                    sums[m * 3 * h + h + e] += ds * at(qkv, n, e);
                }
            }
        });
        for (int64_t n = 0; n < qkv.rows; ++n)
            for (int64_t j = 0; j < 3 * h; ++j) at(d_qkv, n, j) = static_cast<float>(sums[n * 3 * h + j]);
    }

    void sinusoidal_features(std::span<const float> values, float scale, Matrix out) override {
        const int64_t half = out.cols / 2;
        const auto frequencies = sinusoid_frequencies(half);
        for (int64_t n = 0; n < out.rows; ++n)
            for (int64_t k = 0; k < half; ++k) {
                const float angle = values[n] * scale * frequencies[k];
                at(out, n, k) = static_cast<float>(std::cos(double{angle}));
                at(out, n, half + k) = static_cast<float>(std::sin(double{angle}));
            }
    }
    void one_hot(std::span<const uint8_t> index, Matrix out) override {
        for (int64_t n = 0; n < out.rows; ++n)
            for (int64_t k = 0; k < out.cols; ++k) at(out, n, k) = index[n] == k;
    }
    void cast(Matrix x, Matrix y) override {
        for (int64_t i = 0; i < x.rows; ++i)
            for (int64_t j = 0; j < x.cols; ++j) at(y, i, j) = at(x, i, j);
    }
    void silu(Matrix x, Matrix y) override {
        for (int64_t i = 0; i < x.rows; ++i)
            for (int64_t j = 0; j < x.cols; ++j)
                at(y, i, j) = static_cast<float>(at(x, i, j) * sigmoid(at(x, i, j)));
    }
    void silu_backward(Matrix x, Matrix dy, Matrix dx) override {
        for (int64_t i = 0; i < x.rows; ++i)
            for (int64_t j = 0; j < x.cols; ++j) {
                const double s = sigmoid(at(x, i, j));
                at(dx, i, j) = static_cast<float>(at(dy, i, j) * (s + at(x, i, j) * s * (1 - s)));
            }
    }
    void lookup_add(const float* table, std::span<const int32_t> index, Matrix out) override {
        for (int64_t n = 0; n < out.rows; ++n)
            for (int64_t j = 0; j < out.cols; ++j) at(out, n, j) += table[index[n] * out.cols + j];
    }
    void lookup_backward(Matrix dy, std::span<const int32_t> index, float* d_table) override {
        for (int64_t n = 0; n < dy.rows; ++n)
            for (int64_t j = 0; j < dy.cols; ++j) d_table[index[n] * dy.cols + j] += at(dy, n, j);
    }

    void gather_rows(const float* table, std::span<const int32_t> index, Matrix rows) override {
        for (int64_t n = 0; n < rows.rows; ++n)
            for (int64_t j = 0; j < rows.cols; ++j)
                at(rows, n, j) = index[n] < 0 ? 0 : table[index[n] * rows.cols + j];
    }
    void scatter_rows(Matrix rows, std::span<const int32_t> index, float* table) override {
        for (int64_t n = 0; n < rows.rows; ++n)
            for (int64_t j = 0; j < rows.cols && index[n] >= 0; ++j)
                table[index[n] * rows.cols + j] = at(rows, n, j);
    }

    void diffusion_loss(const LossBatch& batch, Matrix d_out, float* terms) override {
        reference_loss(batch, d_out, terms);
    }

    void adamw(const AdamWArenas& arenas, const AdamWFactors* factors, const StepTotals* totals) override {
        reference_adamw(arenas, *factors, *totals);
    }
    void sum(const float* values, size_t n, double* result) override {
        *result = 0;
        for (size_t i = 0; i < n; ++i) *result += values[i];
    }
    void squared_norm(const float* values, size_t n, double* result) override {
        *result = 0;
        for (size_t i = 0; i < n; ++i) *result += double{values[i]} * values[i];
    }

  private:
    template <class Body>
    static void for_each_query(const AttentionShape& shape, Body body) {
        for (int64_t b = 0; b < shape.batch; ++b)
            for (int64_t head = 0; head < shape.heads; ++head)
                for (int64_t q = 0; q < shape.tokens; ++q) body(b, head, q);
    }
    // The softmax over the visible keys of one query, and log Σ exp of the scores.
    static std::pair<std::vector<double>, double> probabilities(Matrix qkv, const AttentionShape& shape,
                                                                int64_t b, int64_t head, int64_t q) {
        const Range keys = visible_keys(shape, b, q);
        if (keys.first == keys.last) return {{}, 0};
        const int64_t h = qkv.cols / 3, n = b * shape.tokens + q;
        std::vector<double> scores(keys.last - keys.first);
        double highest = -INFINITY, sum = 0;
        for (int64_t k = keys.first; k < keys.last; ++k) {
            double dot = 0;
            for (int64_t e = head * shape.head_size; e < (head + 1) * shape.head_size; ++e)
                dot += double{at(qkv, n, e)} * at(qkv, b * shape.tokens + k, h + e);
            scores[k - keys.first] = dot / std::sqrt(double(shape.head_size));
            highest = std::max(highest, scores[k - keys.first]);
        }
        for (double& score : scores) sum += score = std::exp(score - highest);
        for (double& score : scores) score /= sum;
        return {std::move(scores), highest + std::log(sum)};
    }
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend() {
    return std::make_unique<ReferenceBackend>();
}

}  // namespace osu::test
