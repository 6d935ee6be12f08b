// Tensors as PyTorch pickles them: a call of _rebuild_tensor_v2 with a storage, an offset, sizes and strides.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "archive/pickle_machine.h"
#include "base/tensor.h"

namespace osu {

std::string_view torch_storage_name(DType type);  // "FloatStorage"
std::optional<DType> torch_storage_type(std::string_view name);

// What a persistent ID says: ('storage', type, key, location, elements, view).
struct TorchStorage {
    std::optional<DType> type;  // nothing: a type that we do not know
    std::string_view key;
    std::optional<std::pair<int64_t, int64_t>> view;  // offset and size in elements, of the stream format
};
std::optional<TorchStorage> read_torch_storage(const Pickle& pickle, PickleRef persistent);

class TorchTensors {
  public:
    using FindBytes = std::function<std::span<const std::byte>(std::string_view key)>;

    // `copy_budget`: how many bytes of tensors that are not contiguous may be copied in all.
    TorchTensors(const Pickle& pickle, FindBytes find_bytes, size_t copy_budget)
        : pickle_(pickle), find_bytes_(std::move(find_bytes)), copy_budget_(copy_budget) {}

    // Nothing where the value is no tensor. Errors name the tensor as `name`.
    std::optional<TensorView> read(PickleRef value, std::string_view name);
    const std::vector<std::shared_ptr<const void>>& copies() const { return copies_; }

  private:
    const Pickle& pickle_;
    FindBytes find_bytes_;
    size_t copy_budget_;
    std::vector<std::shared_ptr<const void>> copies_;

    Shape read_extents(PickleRef tuple, std::string_view name) const;
    std::span<const std::byte> read_storage(PickleRef persistent, std::string_view name, DType& type);
    std::span<const std::byte> copy(const Shape& shape, const Shape& strides, size_t element,
                                    std::span<const std::byte> bytes, std::string_view name);
};

}  // namespace osu
