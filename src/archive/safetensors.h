// Named tensors in a .safetensors file: a JSON header, then raw little-endian data. Opened by mapping.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/file.h"
#include "base/tensor.h"

namespace osu {

class Safetensors {
  public:
    // Error that names what is wrong for a truncated, hostile or other file; memory is bounded by the
    // header's size.
    static Safetensors open(const std::filesystem::path& path, WhenCut when_cut = WhenCut::end_process);
    static Safetensors parse(std::span<const std::byte> bytes);  // the caller keeps the bytes alive

    const TensorMap& tensors() const { return tensors_; }
    const TensorView& tensor(std::string_view name) const;  // Error when absent
    const std::map<std::string, std::string>& metadata() const { return metadata_; }
    std::shared_ptr<const MappedFile> file() const { return file_; }  // keeps the views alive

  private:
    std::shared_ptr<const MappedFile> file_;
    TensorMap tensors_;
    std::map<std::string, std::string> metadata_;
};

// The header keeps the order given. The format allows no gaps, so the data of tensors whose size is no
// multiple of 64 comes last: all others are aligned to 64 bytes, these at least to their element. Written
// beside its place, then renamed.
struct NamedTensor {
    std::string name;
    TensorView tensor;
};
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace osu
