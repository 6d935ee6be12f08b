// A checkpoint of torch.save, zip or legacy stream: its pickle by the machine that executes nothing, then its
// tensors.
#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "archive/stored_zip.h"
#include "archive/torch_checkpoint.h"
#include "archive/torch_tensors.h"
#include "base/error.h"

namespace osu {

namespace {

using Bytes = std::span<const std::byte>;
using Json = nlohmann::json;

std::string_view text_of(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Copies strings and simple values out of a pickle. A pickle can show one string a million times, so there is
// a limit to what is copied.
class PlainValues {
  public:
    PlainValues(const Pickle& pickle, size_t budget) : pickle_(pickle), budget_(budget) {}

    std::string text(PickleRef ref) {
        spend(pickle_[ref].text.size());
        return std::string(pickle_[ref].text);
    }

    // The simple values of a dict, or of an object with such a state: None, numbers, strings, and flat lists
    // of them.
    Json of_dict(PickleRef ref) {
        if (pickle_[ref].kind == PickleKind::object) ref = pickle_[ref].items[2];
        Json out = Json::object();
        if (!pickle_.is_dict(ref)) return out;
        const std::vector<PickleRef>& items = pickle_[ref].items;
        for (size_t i = 0; i < items.size(); i += 2)
            if (pickle_[items[i]].kind == PickleKind::string)
                if (Json value = of(items[i + 1], true); !value.is_discarded())
                    out[text(items[i])] = std::move(value);
        return out;
    }

  private:
    const Pickle& pickle_;
    size_t budget_;

    void spend(size_t size) {
        size += sizeof(Json);
        if (size > budget_) fail("the pickle's values unfold to more than the file");
        budget_ -= size;
    }

    Json of(PickleRef ref, bool lists) {
        const PickleValue& value = pickle_[ref];
        spend(0);
        switch (value.kind) {
            case PickleKind::none: return nullptr;
            case PickleKind::boolean: return value.integer != 0;
            case PickleKind::integer: return value.integer;
            case PickleKind::real: return value.real;
            case PickleKind::string: return text(ref);
            case PickleKind::tuple:
            case PickleKind::list: {
                if (!lists) break;
                Json out = Json::array();
                for (PickleRef item : value.items)
                    if (Json plain = of(item, false); !plain.is_discarded()) out.push_back(std::move(plain));
                return out;
            }
            default: break;
        }
        return Json(Json::value_t::discarded);
    }
};

class TorchReader {
  public:
    TorchReader(const Pickle& pickle, TorchTensors::FindBytes find_bytes, size_t file_size)
        : pickle_(pickle),
          tensors_(pickle, std::move(find_bytes), 2 * file_size + 65536),
          plain_(pickle, 64 * file_size + 65536) {}

    Checkpoint read() {
        const PickleRef root = pickle_.root();
        if (!pickle_.is_dict(root)) fail("the file holds no dict of weights");
        Checkpoint result;
        std::vector<std::string> order, ema_order;
        if (const auto ema = pickle_.find(root, "ema")) ema_order = read_weights(*ema, result.ema);
        const auto model = pickle_.find(root, "model");
        const auto weights = model ? model : pickle_.find(root, "state_dict");
        if (weights || ema_order.empty()) order = read_weights(weights.value_or(root), result.model);
        if (order.empty()) order = std::move(ema_order);
        if (order.empty())
            fail(Hint{"the keys of a checkpoint are model, ema, opt; or it is a state dict itself"},
                 "the file holds no weights");
        drop_second_name(result);
        if (const auto optimizer = pickle_.find(root, "opt")) read_optimizer(*optimizer, order, result);
        read_metadata(root, result);
        result.storage = tensors_.copies();
        return result;
    }

  private:
    const Pickle& pickle_;
    TorchTensors tensors_;
    PlainValues plain_;

    // Gives the names in the order of the file, which numbers the parameters of the optimiser.
    std::vector<std::string> read_weights(PickleRef dict, TensorMap& out) {
        std::vector<std::string> order;
        if (!pickle_.is_dict(dict)) return order;
        const std::vector<PickleRef>& items = pickle_[dict].items;
        for (size_t i = 0; i < items.size(); i += 2) {
            if (pickle_[items[i]].kind != PickleKind::string) continue;
            const std::string_view key = pickle_[items[i]].text;
            const auto tensor = tensors_.read(items[i + 1], key);
            if (!tensor) continue;
            std::string name(without_wrappers(plain_.text(items[i])));
            if (out.insert_or_assign(name, *tensor).second) order.push_back(std::move(name));
        }
        return order;
    }

    // Weights without EMA are written under both keys, see write_torch_zip.
    static void drop_second_name(Checkpoint& checkpoint) {
        if (checkpoint.model.size() != checkpoint.ema.size()) return;
        for (auto model = checkpoint.model.begin(), ema = checkpoint.ema.begin();
             model != checkpoint.model.end(); ++model, ++ema)
            if (model->first != ema->first || model->second.bytes.data() != ema->second.bytes.data()) return;
        checkpoint.ema.clear();
    }

    // Positions of the parameters by the numbers that the optimiser's state uses.
    std::map<int64_t, size_t> parameter_positions(PickleRef optimizer) const {
        std::map<int64_t, size_t> positions;
        const auto groups = pickle_.find(optimizer, "param_groups");
        if (!groups || pickle_[*groups].kind != PickleKind::list) return positions;
        if (pickle_[*groups].items.size() > 64) fail("the optimiser has too many parameter groups");
        for (PickleRef group : pickle_[*groups].items) {
            const auto numbers = pickle_.find(group, "params");
            if (!numbers) continue;
            for (PickleRef number : pickle_[*numbers].items)
                if (pickle_[number].kind == PickleKind::integer)
                    positions.emplace(pickle_[number].integer, positions.size());
        }
        return positions;
    }

    void read_optimizer(PickleRef optimizer, const std::vector<std::string>& order, Checkpoint& result) {
        const auto state = pickle_.find(optimizer, "state");
        if (!state || !pickle_.is_dict(*state)) return;
        const auto positions = parameter_positions(optimizer);
        const std::vector<PickleRef>& items = pickle_[*state].items;
        const TensorMap& weights = result.model.empty() ? result.ema : result.model;
        for (size_t i = 0; i < items.size(); i += 2) {
            if (pickle_[items[i]].kind != PickleKind::integer) continue;
            const auto position = positions.find(pickle_[items[i]].integer);
            if (position == positions.end() || position->second >= order.size())
                fail("the optimiser has a parameter {}, the model has {}", pickle_[items[i]].integer,
                     order.size());
            const std::string& name = order[position->second];
            read_moments(items[i + 1], name, weights.at(name).shape, result);
        }
    }

    void read_moments(PickleRef state, const std::string& name, const Shape& shape, Checkpoint& result) {
        if (pickle_.is_dict(state) && pickle_[state].items.size() > 64)
            fail("the optimiser's state of {} is too large", name);
        const auto moment = [&](const char* key, TensorMap& out) {
            const auto found = pickle_.find(state, key);
            const auto tensor = found ? tensors_.read(*found, name) : std::nullopt;
            if (!tensor) return;
            if (tensor->shape != shape)
                fail("the optimiser's {} of \"{}\" has another shape than the parameter", key, name);
            out.insert_or_assign(name, *tensor);
        };
        moment("exp_avg", result.exp_avg);
        moment("exp_avg_sq", result.exp_avg_sq);
        // Parameters frozen for a while have counted fewer steps; ours share one count.
        const auto step = pickle_.find(state, "step");
        if (!step) return;
        double count = 0;
        if (pickle_[*step].kind == PickleKind::integer) count = static_cast<double>(pickle_[*step].integer);
        if (const auto tensor = tensors_.read(*step, name))
            if (element_count(tensor->shape) == 1) count = to_floats(*tensor)[0];
        if (count >= 0 && count < 1e15)
            result.optimizer_step = std::max(result.optimizer_step, static_cast<int64_t>(count));
    }

    void read_metadata(PickleRef root, Checkpoint& result) {
        for (const char* key : {"args", "scaler"})
            if (const auto found = pickle_.find(root, key))
                if (const Json json = plain_.of_dict(*found); !json.empty())
                    result.metadata[key] = json.dump(-1, ' ', false, Json::error_handler_t::replace);
        const auto metadata = pickle_.find(root, "metadata");
        if (!metadata || !pickle_.is_dict(*metadata)) return;
        const std::vector<PickleRef>& items = pickle_[*metadata].items;
        for (size_t i = 0; i < items.size(); i += 2)
            if (pickle_[items[i]].kind == PickleKind::string &&
                pickle_[items[i + 1]].kind == PickleKind::string)
                result.metadata[plain_.text(items[i])] = plain_.text(items[i + 1]);
    }
};

// "archive/" where the entry "archive/data.pkl" is.
std::string find_root(const ZipEntries& entries) {
    constexpr std::string_view pickle = "data.pkl";
    for (const auto& [name, entry] : entries)
        if (name.ends_with("/data.pkl") || name == pickle) return name.substr(0, name.size() - pickle.size());
    fail("the zip archive has no data.pkl, so torch.save did not write it");
}

}  // namespace

std::string_view without_wrappers(std::string_view name) {
    constexpr std::string_view prefixes[] = {"module.", "_orig_mod."};
    for (bool found = true; found;) {
        found = false;
        for (const std::string_view prefix : prefixes)
            if (name.starts_with(prefix)) {
                name.remove_prefix(prefix.size());
                found = true;
            }
    }
    return name;
}

bool looks_like_torch_zip(Bytes bytes) {
    if (!looks_like_zip(bytes)) return false;
    const ZipEntries entries = read_zip_entries(bytes);
    return std::any_of(entries.begin(), entries.end(),
                       [](const auto& entry) { return entry.first.ends_with("data.pkl"); });
}

Checkpoint parse_torch_zip(Bytes bytes) {
    const ZipEntries entries = read_zip_entries(bytes);
    const std::string root = find_root(entries);
    std::set<std::string_view> checked;
    const auto entry = [&](const std::string& name) {
        const auto found = entries.find(root + name);
        if (found == entries.end()) fail("the zip archive has no entry {}{}", root, name);
        if (found->second.compressed)
            fail(Hint{"unzip the file and zip it again without compression (zip -0 -r)"},
                 "{}{} is compressed", root, name);
        if (checked.insert(found->first).second && !is_whole(found->second))
            fail(
                Hint{
                    "copy the file anew; torch.save without checksums (set_crc32_options(False)) writes such "
                    "files, too"},
                "{}{} is damaged: its checksum is wrong", root, name);
        return found->second.bytes;
    };
    if (entries.contains(root + "byteorder") && text_of(entry("byteorder")) == "big")
        fail("the file was written on a big-endian machine");
    std::string_view text = text_of(entry("data.pkl"));
    const Pickle pickle = Pickle::read(text);
    return TorchReader(
               pickle, [&](std::string_view key) { return entry("data/" + std::string(key)); }, bytes.size())
        .read();
}

namespace {

constexpr std::string_view stream_magic =
    "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";  // torch.serialization.MAGIC_NUMBER

// Behind the pickles: for each key of a pickled list the number of elements (int64) and the elements.
std::map<std::string_view, Bytes> read_stream_storages(const Pickle& object, const Pickle& keys,
                                                       std::string_view rest) {
    std::map<std::string_view, size_t> element_sizes;
    for (PickleRef ref = 0; ref < object.size(); ++ref)
        if (const auto storage = read_torch_storage(object, ref))
            element_sizes[storage->key] = storage->type ? size_of(*storage->type) : 0;
    std::map<std::string_view, Bytes> storages;
    if (keys[keys.root()].kind != PickleKind::list) fail("the file has no list of storages");
    for (PickleRef ref : keys[keys.root()].items) {
        const std::string_view key = keys[ref].text;
        const size_t element = element_sizes[key];
        if (element == 0) fail("storage \"{}\" is of a type that is not supported", key);
        uint64_t count = 0;
        if (rest.size() < sizeof count) fail("the file is cut off before storage \"{}\"", key);
        std::memcpy(&count, rest.data(), sizeof count);
        rest.remove_prefix(sizeof count);
        if (count > rest.size() / element) fail("the file is cut off in storage \"{}\"", key);
        storages[key] = std::as_bytes(std::span(rest.substr(0, count * element)));
        rest.remove_prefix(count * element);
    }
    return storages;
}

}  // namespace

bool looks_like_torch_stream(Bytes bytes) {
    const std::string_view head = text_of(bytes).substr(0, 64);
    return head.starts_with('\x80') && head.find(stream_magic) != std::string_view::npos;
}

Checkpoint parse_torch_stream(Bytes bytes) {
    std::string_view rest = text_of(bytes);
    const Pickle magic = Pickle::read(rest), version = Pickle::read(rest), system = Pickle::read(rest);
    if (magic[magic.root()].text != stream_magic || version[version.root()].integer != 1001)
        fail("the file is of an unknown version of torch.save");
    const auto little = system.find(system.root(), "little_endian");
    if (little && system[*little].integer == 0) fail("the file was written on a big-endian machine");
    const Pickle object = Pickle::read(rest), keys = Pickle::read(rest);
    const auto storages = read_stream_storages(object, keys, rest);
    const auto find_bytes = [&](std::string_view key) {
        const auto found = storages.find(key);
        if (found == storages.end()) fail("the file has no storage \"{}\"", key);
        return found->second;
    };
    return TorchReader(object, find_bytes, bytes.size()).read();
}

}  // namespace osu
