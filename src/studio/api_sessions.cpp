// The routes below /api/v1/sessions/S.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "beatmap/numbers.h"
#include "studio/advice.h"
#include "studio/api_state.h"
#include "studio/refusal.h"
#include "studio/scene.h"
#include "studio/song_files.h"

namespace osu::studio {

using nlohmann::json;

namespace {

constexpr double farthest = 10'000;  // px that objects are moved at once
constexpr size_t most_files = 8;     // of a song that are kept unpacked
constexpr size_t name_limit = 180;   // bytes of a file's name

const char* type_of(const std::string& name) {
    constexpr std::pair<const char*, const char*> types[] = {
        {".mp3", "audio/mpeg"}, {".ogg", "audio/ogg"},  {".wav", "audio/wav"},   {".flac", "audio/flac"},
        {".m4a", "audio/mp4"},  {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".png", "image/png"}};
    const std::string lowered = lower(name);
    for (const auto& [end, type] : types)
        if (lowered.ends_with(end)) return type;
    return "application/octet-stream";
}

std::string query(const Request& request, const char* name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
}

// One that no map of the song has.
std::string free_version(const Song& song, const std::string& wanted) {
    std::vector<std::string> taken;
    const json maps = described(song);
    for (const json& map : maps["maps"]) taken.push_back(map["version"].get<std::string>());
    std::string version = wanted;
    for (int i = 2; std::find_if(taken.begin(), taken.end(),
                                 [&](const std::string& one) { return equal_but_for_case(one, version); }) !=
                    taken.end();
         ++i)
        version = fmt::format("{} {}", wanted, i);
    return version;
}

std::string free_file(const Song& song, const Metadata& about, const std::string& folder,
                      const std::string& version) {
    std::string difficulty = clean_name("[" + version + "]", name_limit / 2);
    std::string stem = clean_name(fmt::format("{} - {} ({})", about.artist, about.title, about.creator),
                                  name_limit - difficulty.size());
    std::string name = stem + " " + difficulty + ".osu";
    for (int i = 2; song.has(folder + name); ++i) name = fmt::format("{} {} ({}).osu", stem, difficulty, i);
    return name;
}

}  // namespace

Response Api::session_route(const Request& request, const std::string& id, const std::string& what) {
    if (request.method == "POST") {
        const json body = parsed_body(request);
        const std::lock_guard lock(mutex_);
        return answer(session_post(session(id), what, body));
    }
    if (request.method != "GET") refuse(405, {}, "{} is not for {}", request.path, request.method);
    OpenSession open;
    {
        const std::lock_guard lock(mutex_);
        open = session(id);
    }
    return session_get(request, open, what);
}

Response Api::session_get(const Request& request, const OpenSession& open, const std::string& what) {
    if (what == "export.osu" || what == "export.osz") {
        const Export made = export_map(open->id, query(request, "version"));
        const bool archive = what.ends_with("z");
        const std::string name =
            archive ? clean_name(made.file_name.substr(0, made.file_name.size() - 4), name_limit) + ".osz"
                    : made.file_name;
        return {200, archive ? "application/x-osu-beatmap-archive" : "application/x-osu-beatmap",
                Bytes::of(archive ? made.song->archive_with(made.folder_in_song + made.file_name, made.text)
                                  : made.text),
                name};
    }
    std::unique_lock lock(mutex_);
    Session& session = open->session;
    if (what.empty()) return scene(*open);
    if (what == "state") return answer(session.state());
    if (what == "takes")
        return answer(session.take_sets(query(request, "set"), query(request, "shapes") != "none"));
    if (what == "step") {
        const std::string index = query(request, "index");
        return answer(
            session.picture_of(read_number(index, "index of a step", std::numeric_limits<size_t>::max())));
    }
    if (what == "audio" || what == "background" || what.starts_with("files/")) return file(*open, what, lock);
    if (what == "advice") {
        const std::string of = query(request, "of");
        const std::shared_ptr<const SourceMap> source = session.now().shared_source();
        std::vector<Vec2> positions(session.now().positions().begin(), session.now().positions().end());
        if (of == "source")
            positions.assign(source->positions().begin(), source->positions().end());
        else if (!of.empty() && of != "now")
            positions = session.positions_of(of);
        lock.unlock();
        return answer(advice_on(*source, positions));
    }
    refuse(not_found, {}, "there is nothing at {}", request.path);
}

Response Api::scene(Open& open) {
    if (open.scene.view.empty()) {
        const Beatmap& map = open.session.source().map;
        json scene = scene_of(map);
        json samples = json::array();
        const std::string folder = folder_of(open.file);
        const std::string audio = audio_meant(*open.song, open.file, map.audio_filename);
        for (const std::string& name : open.song->names())
            if (is_audio_name(name) && name.starts_with(folder) && name != audio)
                samples.push_back(to_utf8(name.substr(folder.size())));
        json from{{"name", to_utf8(open.song->name)}, {"archive", open.song->folder.empty()}};
        if (!open.song->folder.empty()) from["folder"] = to_utf8(open.song->folder);
        scene["session"] = open.id;
        scene["source"] = std::move(from);
        scene["audio"] = !audio.empty();
        scene["background"] = !file_meant(*open.song, open.file, background_of(map)).empty();
        scene["samples"] = std::move(samples);
        json shapes = json::array();
        for (const ObjectShape& shape : shapes_of(map)) shapes.push_back(to_json(shape));
        scene["shapes"] = std::move(shapes);
        open.scene = Bytes::of(dumped(scene));
    }
    return {200, "application/json", open.scene, {}};
}

// What the map names is never a path: it means one of the song's own files, or none.
Response Api::file(Open& open, const std::string& what, std::unique_lock<std::mutex>& lock) {
    if (const auto held = open.files.find(what); held != open.files.end()) return held->second;
    const Beatmap& map = open.session.source().map;
    const std::string name = what == "audio"        ? map.audio_filename
                             : what == "background" ? background_of(map)
                                                    : what.substr(what.find('/') + 1);
    if (name.empty()) refuse(not_found, {}, "the map names no such file");
    const std::shared_ptr<Song> song = open.song;
    const std::string map_file = open.file;
    lock.unlock();
    const std::string found =
        what == "audio" ? audio_meant(*song, map_file, name) : file_meant(*song, map_file, name);
    if (found.empty()) refuse(not_found, {}, "{} has no {}", song->name, name);
    const Response answer{200, type_of(found), Bytes::of(song->read(found)), {}};
    lock.lock();
    if (open.files.size() >= most_files) open.files.clear();
    open.files[what] = answer;
    return answer;
}

Api::Export Api::export_map(const std::string& id, const std::string& version) {
    std::unique_lock lock(mutex_);
    const OpenSession open = session(id);
    const PlacedMap now = open->session.now();
    Export made{open->song, folder_of(open->file)};
    lock.unlock();
    const Metadata& about = now.source().map.metadata;
    for (const char c : version)
        if (static_cast<unsigned char>(c) < 0x20) fail("a difficulty's name is one line");
    std::string wanted = version.empty() ? about.version + " (Diffusion)" : std::string(trim(version));
    cut(wanted, name_limit);
    made.version = free_version(*made.song, wanted);
    made.file_name = free_file(*made.song, about, made.folder_in_song, made.version);
    made.text = now.text(made.version);
    return made;
}

json Api::session_post(const OpenSession& open, const std::string& what, const json& body) {
    Session& session = open->session;
    const auto objects = [&] {
        return read_objects(body.contains("objects") ? body["objects"] : json::array(),
                            session.source().objects());
    };
    if (what == "place") return place(open, read_place_request(body, session.source().map), false);
    json result = json::object();
    if (what == "cancel") {
        cancel(open, member(body, "job", std::string()));
        return result;
    }
    if (what == "keep") {
        session.keep(member(body, "take", std::string()), objects());
        emit(open->id, {{"type", "sets"}});
    } else if (what == "discard") {
        if (body.contains("set")) {
            const std::string set = session.set_of(member(body, "set", std::string())).id;
            for (const auto& job : queue_.cancel(open->id, set))
                emit(open->id, {{"type", "done"}, {"job", job->id}, {"set", set}, {"cancelled", true}});
            session.discard_set(set);
        } else {
            session.discard_take(member(body, "take", std::string()));
        }
        emit(open->id, {{"type", "sets"}});
        return result;
    } else if (what == "move") {
        const std::vector<uint32_t> which = objects();
        const bool settling = member(body, "settle", false);
        if (settling) queue_.check_room(open->id);
        const double dx = member(body, "dx", 0.0), dy = member(body, "dy", 0.0);
        if (!(std::hypot(dx, dy) <= farthest))
            fail(Hint{fmt::format("the field is 512 by 384; at most {} px", farthest)}, "that is far off");
        session.move(which, {static_cast<float>(dx), static_cast<float>(dy)});
        if (settling) settle(open, which, member(body, "count", 1), result);
    } else if (what == "transform") {
        const std::string op = member(body, "op", std::string());
        const auto how = op == "flipH"   ? Session::Transform::flip_h
                         : op == "flipV" ? Session::Transform::flip_v
                         : op == "rotate"
                             ? Session::Transform::rotate
                             : (fail("\"op\" is flipH, flipV or rotate"), Session::Transform::rotate);
        session.transform(objects(), how, member(body, "angle", 0.0));
    } else if (what == "pin") {
        session.pin(objects(), member(body, "pinned", true));
    } else if (what == "revert") {
        session.revert(objects());
    } else if (what == "undo") {
        session.undo();
    } else if (what == "redo") {
        session.redo();
    } else if (what == "go") {
        session.go(static_cast<size_t>(std::max<int64_t>(0, member(body, "step", int64_t{0}))));
    } else {
        refuse(not_found, {}, "there is nothing at sessions/{}/{}", open->id, what);
    }
    tell_change(*open);
    result["revision"] = session.revision();
    result["step"] = session.history().step();
    return result;
}

void Api::tell_change(Open& open) {
    emit(open.id, {{"type", "state"}, {"state", open.session.change()}});
    remember(open);
}

}  // namespace osu::studio
