// products.h through oneDNN. Primitives are made once for every shape and kept. Where the CPU has no fast
// bfloat16, products of a bfloat16 network are computed in float32.

#include <array>
#include <cassert>
#include <map>
#include <mutex>
#include <optional>

#include <hwy/targets.h>

#include "base/parallel.h"
#include "ops/cpu/backend.h"
#include "ops/cpu/memory.h"
#include "ops/cpu/onednn.h"
#include "ops/cpu/products.h"

namespace osu {

namespace {

bool has(dnnl::cpu_isa wanted) {
    const auto bits = static_cast<unsigned>(wanted);
    return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & bits) == bits;
}

}  // namespace

bool cpu_has_bfloat16() {
    return has(dnnl::cpu_isa::avx512_core_bf16);
}

namespace cpu {

bool has_tiles() {
    return has(dnnl::cpu_isa::avx512_core_amx);
}

bool has_wide_products() {
    return has(dnnl::cpu_isa::avx512_core);
}

void limit_instructions() {
    int64_t wider = 0;
    if (!has_wide_products()) wider |= HWY_AVX3 | HWY_AVX3_DL;
    if (!has(dnnl::cpu_isa::avx2)) wider |= HWY_AVX2;
    hwy::DisableTargets(wider);
    // Now, and not at the first call: until then a pointer to a loop asks the CPU again at every use.
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

namespace {

using dnnl::memory;
using Tag = memory::format_tag;

// The weights' layout is asked for at this number of rows, and kept for every other.
constexpr int64_t layout_rows = 1024;

memory::data_type dnnl_type(DType type) {
    return type == DType::bf16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc dense_desc(int64_t rows, int64_t cols, DType type) {
    return {{rows, cols}, dnnl_type(type), Tag::ab};
}

struct PackedWeight final : Weight {
    memory::desc layout;
    std::shared_ptr<void> data;
};

const PackedWeight& packed(const Weight& weight) {
    return static_cast<const PackedWeight&>(weight);
}

// The layout as pack_weight() writes it, where it is one of those.
std::optional<WeightLayout> known_layout(const memory::desc& desc, DType type) {
    const bool pairs = type == DType::bf16;
    const auto blocking = blocking_of(desc);
    if (!blocking || blocking->sizes.size() != (pairs ? 3 : 2)) return {};
    const auto& [sizes, dimensions, strides, padded] = *blocking;
    const int64_t columns = sizes[0] * (pairs ? 2 : 1), rows = sizes[1];
    if (dimensions[0] != 1 || dimensions[1] != 0) return {};
    if (pairs && (dimensions[2] != 1 || sizes[2] != 2)) return {};
    if (pairs && dims_of(desc)[1] % 2) return {};
    if (strides[1] != rows * columns || strides[0] != rows * padded[1]) return {};
    if (padded[0] % rows || padded[1] % columns) return {};
    return WeightLayout{type, rows, columns};
}

// Scratch of the calling thread, by use.
struct ThreadScratch {
    Scratch x, y, dw, pad;
};

ThreadScratch& thread_scratch() {
    thread_local ThreadScratch scratch;
    return scratch;
}

bool is_dense(const Matrix& m) {
    return m.stride == m.cols || m.rows == 1;
}

// A dense view of `type`: the matrix itself, or room in `scratch` of the same size.
Matrix dense_room(const Matrix& m, DType type, Scratch& scratch) {
    return {scratch.get<std::byte>(static_cast<size_t>(m.rows * m.cols) * size_of(type)), type, m.rows,
            m.cols, m.cols};
}

Matrix as_dense(const Matrix& m, DType type, Scratch& scratch) {
    if (m.type == type && is_dense(m)) return m;
    const Matrix copy = dense_room(m, type, scratch);
    convert(m, copy);
    return copy;
}

enum Operation : int64_t { forward_product, forward_add, input_gradient_product, weight_gradient_product };

// Everything that a primitive depends on.
using Key = std::array<int64_t, 8>;

struct Primitive {
    dnnl::primitive primitive;
    memory::desc pad, result;
    dnnl::primitive spread;  // of a weight gradient: puts or adds the packed result to the caller's rows
    std::string implementation;
};

}  // namespace

struct Products::State {
    explicit State(DType compute)
        : type(compute == DType::bf16 && cpu_has_bfloat16() ? DType::bf16 : DType::f32), tiles(has_tiles()) {}

    const DType type;  // of the operands of a product
    const bool tiles;  // AMX: oneDNN is fast at other layouts
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    std::mutex mutex;
    std::map<Key, Primitive> primitives;
    std::map<std::pair<int64_t, int64_t>, memory::desc> layouts;
    Arena arena;  // of packed weights

    template <class Make>
    const Primitive& find(const Key& key, Make make) {
        const std::lock_guard lock(mutex);
        auto found = primitives.find(key);
        if (found == primitives.end()) found = primitives.emplace(key, make()).first;
        return found->second;
    }

    ForwardProduct::primitive_desc forward_desc(int64_t rows, const memory::desc& weight, bool bias,
                                                DType y_type, bool sum) const;
    Primitive make_input_gradient(int64_t rows, const memory::desc& weight, DType dx_type) const;
    Primitive make_weight_gradient(int64_t rows, int64_t out, int64_t in, int64_t dw_stride, bool add) const;
    void run(const Primitive& primitive, std::unordered_map<int, memory> arguments) const;
};

namespace {

dnnl::primitive_attr own_scratchpad() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

}  // namespace

ForwardProduct::primitive_desc Products::State::forward_desc(int64_t rows, const memory::desc& weight,
                                                             bool bias, DType y_type, bool sum) const {
    const auto dims = dims_of(weight);
    const auto x = dense_desc(rows, dims[1], type), y = dense_desc(rows, dims[0], y_type);
    const memory::desc b({dims[0]}, memory::data_type::f32, Tag::a);
    auto attributes = own_scratchpad();
    if (sum) {
        dnnl::post_ops operations;
        operations.append_sum();
        attributes.set_post_ops(operations);
    }
    return describe_forward(engine, x, weight, bias ? &b : nullptr, y, attributes);
}

Primitive Products::State::make_input_gradient(int64_t rows, const memory::desc& weight,
                                               DType dx_type) const {
    const auto dims = dims_of(weight);
    const auto dy = dense_desc(rows, dims[0], type), dx = dense_desc(rows, dims[1], dx_type);
    const auto desc = describe_input_gradient(
        engine, dx, weight, dy, forward_desc(rows, weight, false, type, false), own_scratchpad());
    return {InputGradient(desc), desc.scratchpad_desc(), {}, {}, desc.impl_info_str()};
}

// bfloat16: a product into packed (AMX) or plain float32, which a reorder puts into the caller's rows, or
// adds.
Primitive Products::State::make_weight_gradient(int64_t rows, int64_t out, int64_t in, int64_t dw_stride,
                                                bool add) const {
    const auto x = dense_desc(rows, in, type), dy = dense_desc(rows, out, type);
    const auto float32 = memory::data_type::f32;
    const memory::desc any({out, in}, dnnl_type(type), Tag::any);
    const memory::desc wanted({out, in}, float32, tiles ? Tag::any : Tag::ab);
    const memory::desc target({out, in}, float32, memory::dims{dw_stride, 1});
    const auto desc = describe_weight_gradient(engine, x, wanted, dy,
                                               forward_desc(rows, any, false, type, false), own_scratchpad());
    dnnl::primitive_attr attributes;
    dnnl::post_ops operations;
    if (add) operations.append_sum();
    attributes.set_post_ops(operations);
    const dnnl::reorder::primitive_desc spread(engine, desc.diff_weights_desc(), engine, target, attributes);
    return {WeightGradient(desc), desc.scratchpad_desc(), desc.diff_weights_desc(), dnnl::reorder(spread),
            desc.impl_info_str()};
}

void Products::State::run(const Primitive& primitive, std::unordered_map<int, memory> arguments) const {
    void* pad = thread_scratch().pad.get<std::byte>(primitive.pad.get_size());
    arguments.emplace(DNNL_ARG_SCRATCHPAD, memory(primitive.pad, engine, pad));
    dnnl::stream stream(engine);
    primitive.primitive.execute(stream, arguments);
}

Products::Products(DType compute) : state_(std::make_unique<State>(compute)) {}

Products::~Products() = default;

// Products for packed weights run over the inputs in one order; the general one does not.
bool Products::rows_are_independent() const {
    return has_wide_products();
}

std::unique_ptr<Weight> Products::make_weight(int64_t out, int64_t in) {
    auto weight = std::make_unique<PackedWeight>();
    weight->out = out;
    weight->in = in;
    {
        const std::lock_guard lock(state_->mutex);
        auto& layout = state_->layouts[{out, in}];
        if (layout.is_zero()) {
            const memory::desc any({out, in}, dnnl_type(state_->type), Tag::any);
            layout = state_->forward_desc(layout_rows, any, true, state_->type, false).weights_desc();
        }
        weight->layout = layout;
        weight->bytes = layout.get_size();
        weight->data = state_->arena.allocate(weight->bytes);
    }
    return weight;
}

void Products::pack(Weight& weight, Matrix master) {
    const auto& target = packed(weight);
    if (const auto blocks = known_layout(target.layout, state_->type))
        return pack_weight(master, *blocks, target.data.get());
    const memory::desc source({weight.out, weight.in}, dnnl_type(master.type),
                              memory::dims{master.stride, 1});
    memory from(source, state_->engine, master.data);
    memory to(target.layout, state_->engine, target.data.get());
    dnnl::stream stream(state_->engine);
    dnnl::reorder(from, to).execute(stream, from, to);
}

void Products::forward(Matrix x, const Weight& weight, const float* bias, Matrix y, bool add_to_y) {
    const auto& w = packed(weight);
    auto& scratch = thread_scratch();
    const bool direct = is_dense(y) && (y.type == state_->type || y.type == DType::f32);
    assert(direct || !add_to_y);
    const Matrix source = as_dense(x, state_->type, scratch.x);
    const Matrix target = direct ? y : dense_room(y, DType::f32, scratch.y);

    const Key key{add_to_y ? forward_add : forward_product, x.rows, w.out,         w.in, bias != nullptr,
                  static_cast<int64_t>(target.type),        0,      thread_count()};
    const auto& primitive = state_->find(key, [&]() -> Primitive {
        const auto desc = state_->forward_desc(x.rows, w.layout, bias, target.type, add_to_y);
        return {ForwardProduct(desc), desc.scratchpad_desc(), {}, {}, desc.impl_info_str()};
    });
    const auto& engine = state_->engine;
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SRC, memory(dense_desc(x.rows, x.cols, source.type), engine, source.data)},
        {DNNL_ARG_WEIGHTS, memory(w.layout, engine, w.data.get())},
        {DNNL_ARG_DST, memory(dense_desc(y.rows, y.cols, target.type), engine, target.data)}};
    if (bias)
        arguments.emplace(DNNL_ARG_BIAS, memory({{w.out}, memory::data_type::f32, Tag::a}, engine,
                                                const_cast<float*>(bias)));
    state_->run(primitive, std::move(arguments));
    if (!direct) convert(target, y);
}

void Products::input_gradient(Matrix dy, const Weight& weight, Matrix dx) {
    const auto& w = packed(weight);
    auto& scratch = thread_scratch();
    const bool direct = is_dense(dx) && (dx.type == state_->type || dx.type == DType::f32);
    const Matrix source = as_dense(dy, state_->type, scratch.x);
    const Matrix target = direct ? dx : dense_room(dx, DType::f32, scratch.y);

    const Key key{input_gradient_product, dy.rows, w.out, w.in, 0, static_cast<int64_t>(target.type), 0,
                  thread_count()};
    const auto& primitive =
        state_->find(key, [&] { return state_->make_input_gradient(dy.rows, w.layout, target.type); });
    const auto& engine = state_->engine;
    state_->run(
        primitive,
        {{DNNL_ARG_DIFF_DST, memory(dense_desc(dy.rows, dy.cols, source.type), engine, source.data)},
         {DNNL_ARG_WEIGHTS, memory(w.layout, engine, w.data.get())},
         {DNNL_ARG_DIFF_SRC, memory(dense_desc(dx.rows, dx.cols, target.type), engine, target.data)}});
    if (!direct) convert(target, dx);
}

std::vector<std::string> Products::implementations() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<std::string> names;
    for (const auto& [key, primitive] : state_->primitives) names.push_back(primitive.implementation);
    return names;
}

void Products::weight_gradient(Matrix dy, Matrix x, const LinearGradients& gradients) {
    const int64_t stride = gradients.stride;
    const bool add = !gradients.overwrite;
    auto& scratch = thread_scratch();
    const Matrix gradient = as_dense(dy, state_->type, scratch.y),
                 input = as_dense(x, state_->type, scratch.x);
    if (state_->type == DType::f32) {
        dnnl_sgemm('T', 'N', dy.cols, x.cols, x.rows, 1, gradient.f32(), dy.cols, input.f32(), x.cols, add,
                   gradients.weight, stride);
        return;
    }
    const Key key{weight_gradient_product, x.rows, dy.cols, x.cols, add, 0, stride, thread_count()};
    const auto& primitive =
        state_->find(key, [&] { return state_->make_weight_gradient(x.rows, dy.cols, x.cols, stride, add); });
    const auto& engine = state_->engine;
    memory result(primitive.result, engine, scratch.dw.get<std::byte>(primitive.result.get_size()));
    state_->run(
        primitive,
        {{DNNL_ARG_DIFF_DST, memory(dense_desc(dy.rows, dy.cols, gradient.type), engine, gradient.data)},
         {DNNL_ARG_SRC, memory(dense_desc(x.rows, x.cols, input.type), engine, input.data)},
         {DNNL_ARG_DIFF_WEIGHTS, result}});
    memory target({{dy.cols, x.cols}, memory::data_type::f32, memory::dims{stride, 1}}, engine,
                  gradients.weight);
    dnnl::stream stream(engine);
    primitive.spread.execute(stream, {{DNNL_ARG_FROM, result}, {DNNL_ARG_TO, target}});
}

}  // namespace cpu

}  // namespace osu
