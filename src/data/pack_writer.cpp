#include "data/pack_writer.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/safetensors.h"
#include "base/error.h"

namespace osu {

namespace {

// A column that grows on the disk: an unlinked file, mapped at the end. The kernel may write its pages out,
// so a dataset larger than the memory can be packed.
class Column {
  public:
    Column(std::filesystem::path pack, const char* name, DType type)
        : pack_(std::move(pack)), name_(name), type_(type) {
        std::string path = pack_.string() + "." + name + ".XXXXXX";
        descriptor_ = ::mkostemp(path.data(), O_CLOEXEC);
        if (descriptor_ < 0) fail("cannot write {}: {}", path, std::strerror(errno));
        ::unlink(path.c_str());
    }
    ~Column() {
        if (mapped_ != nullptr) ::munmap(mapped_, size_);
        ::close(descriptor_);
    }
    Column(const Column&) = delete;
    Column& operator=(const Column&) = delete;

    void append(const void* data, size_t size) {
        buffer_.append(static_cast<const char*>(data), size);
        if (buffer_.size() >= (size_t{1} << 20)) flush();
    }

    NamedTensor tensor() {
        flush();
        if (size_ > 0) {
            mapped_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_, 0);
            if (mapped_ == MAP_FAILED) {
                mapped_ = nullptr;
                fail("cannot map the column {} of {}: {}", name_, pack_.string(), std::strerror(errno));
            }
        }
        return {name_,
                {type_,
                 {static_cast<int64_t>(size_ / size_of(type_))},
                 {static_cast<const std::byte*>(mapped_), size_}}};
    }

  private:
    void flush() {
        size_t done = 0;
        while (done < buffer_.size()) {
            const ssize_t count = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0)
                fail(Hint{"a pack takes twice its size while it is written"},
                     "cannot write {}, its column {}: {}", pack_.string(), name_, std::strerror(errno));
            done += static_cast<size_t>(count);
        }
        size_ += buffer_.size();
        buffer_.clear();
    }

    const std::filesystem::path pack_;
    std::string name_, buffer_;
    DType type_;
    int descriptor_ = -1;
    size_t size_ = 0;
    void* mapped_ = nullptr;
};

template <class T>
NamedTensor column_of(const char* name, DType type, const T& values) {
    return {name, {type, {static_cast<int64_t>(values.size())}, std::as_bytes(std::span(values))}};
}

}  // namespace

struct PackWriter::State {
    State(const std::filesystem::path& target, std::string print)
        : file(target),
          fingerprint(std::move(print)),
          x(file, "x", DType::f32),
          y(file, "y", DType::f32),
          distance(file, "distance", DType::f32),
          time(file, "time", DType::f64),
          type(file, "type", DType::u8) {}

    std::filesystem::path file;
    std::string fingerprint;
    Column x, y, distance, time, type;
    std::vector<int32_t> label, track;
    std::vector<int64_t> beatmap_id, set_id, first{0}, string_first{0}, note_first{0};
    std::string strings, notes;
};

PackWriter::PackWriter(const std::filesystem::path& file, std::string fingerprint)
    : state_(std::make_unique<State>(file, std::move(fingerprint))) {}
PackWriter::~PackWriter() = default;

uint64_t PackWriter::maps() const {
    return state_->label.size();
}
uint64_t PackWriter::datapoints() const {
    return static_cast<uint64_t>(state_->first.back());
}

void PackWriter::add(const DatasetMap& map, const Datapoints& datapoints) {
    State& state = *state_;
    const size_t count = datapoints.size();
    std::vector<float> x(count), y(count);
    for (size_t i = 0; i < count; ++i) {
        x[i] = datapoints.position[i].x;
        y[i] = datapoints.position[i].y;
    }
    state.x.append(x.data(), count * sizeof(float));
    state.y.append(y.data(), count * sizeof(float));
    state.distance.append(datapoints.distance.data(), count * sizeof(float));
    state.time.append(datapoints.time.data(), count * sizeof(double));
    state.type.append(datapoints.type.data(), count);
    state.label.push_back(map.label);
    state.track.push_back(static_cast<int32_t>(map.track));
    state.beatmap_id.push_back(map.beatmap_id);
    state.set_id.push_back(map.set_id);
    state.first.push_back(state.first.back() + static_cast<int64_t>(count));
    for (const std::string* text : {&map.creator, &map.artist, &map.title, &map.version, &map.path}) {
        state.strings += *text;
        state.string_first.push_back(static_cast<int64_t>(state.strings.size()));
    }
    for (const std::string* text : {&map.tags, &map.md5}) {
        state.notes += *text;
        state.note_first.push_back(static_cast<int64_t>(state.notes.size()));
    }
}

void PackWriter::commit() {
    State& state = *state_;
    std::vector<NamedTensor> tensors;
    for (Column* column : {&state.x, &state.y, &state.distance, &state.time, &state.type})
        tensors.push_back(column->tensor());
    tensors.push_back(column_of("map_label", DType::i32, state.label));
    tensors.push_back(column_of("map_track", DType::i32, state.track));
    tensors.push_back(column_of("map_beatmap_id", DType::i64, state.beatmap_id));
    tensors.push_back(column_of("map_set_id", DType::i64, state.set_id));
    tensors.push_back(column_of("map_first", DType::i64, state.first));
    tensors.push_back(column_of("map_string_first", DType::i64, state.string_first));
    tensors.push_back(column_of("map_strings", DType::u8, state.strings));
    tensors.push_back(column_of("map_note_first", DType::i64, state.note_first));
    tensors.push_back(column_of("map_notes", DType::u8, state.notes));
    write_safetensors(state.file, tensors, {{"format", pack_format}, {"fingerprint", state.fingerprint}});
}

}  // namespace osu
