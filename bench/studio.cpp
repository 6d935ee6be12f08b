// The studio at work, with the bundled model and its default sampler, in memory:
//   bench_studio [--threads N] [--pairs N] [--quick] [--json FILE]
// Eight takes of a section of 40 objects of a map of 1,000, against one whole sample of that map, and against
// the same samplings without the studio around them: what the server adds.
#include <cstdio>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "app/bundled_model.h"
#include "base/error.h"
#include "beatmap/beatmap.h"
#include "measure.h"
#include "ops/devices.h"
#include "sampling/sampling.h"
#include "studio/api.h"

namespace osu::bench {

namespace {

using nlohmann::json;

constexpr int takes = 8, section = 40, objects = 1000;

// 600 circles and 400 sliders of four anchors: 2,600 datapoints.
std::string invented_map() {
    std::string text =
        "osu file format v14\n\n[General]\nMode: 0\n\n[Metadata]\nTitle:Invented\nArtist:Nobody\n"
        "Creator:Nobody\nVersion:Bench\n\n[Difficulty]\nCircleSize:4\nApproachRate:9\nSliderMultiplier:1.4\n"
        "SliderTickRate:1\n\n[TimingPoints]\n0,300,4,2,0,60,1,0\n\n[HitObjects]\n";
    Philox random(1);
    const auto near = [&](int from, int most) {  // a step from there, turned back at the edge
        const int step = 30 + static_cast<int>(random.below(90));
        return from + (from < 60 || (from < most - 60 && random.below(2)) ? step : -step);
    };
    int x = 256, y = 192, time = 1000;
    for (int i = 0; i < objects; ++i) {
        x = std::clamp(near(x, 512), 0, 440);
        y = std::clamp(near(y, 384), 0, 360);
        time += 125 << random.below(3);  // halves, quarters and eighths, so that the rhythm does not repeat
        if (i % 5 < 3)
            text += fmt::format("{},{},{},{},0\n", x, y, time, i % 8 == 0 ? 5 : 1);
        else
            text += fmt::format("{},{},{},2,0,B|{}:{}|{}:{}|{}:{},1,70\n", x, y, time, x + 20, y + 10, x + 40,
                                y, x + 60, y + 20);
    }
    return text;
}

class Bench {
  public:
    Bench() {
        engine_.emplace(
            bundled_model, [] { return open_checkpoint(bundled_model); },
            [] {
                return open_device({"cpu", "auto"});
            });
        engine_->network();
        api_.emplace(studio::ApiOptions{
            .storage = storage_,
            .engine = *engine_,
            .on_event = [this](const std::string&, const std::string& event) { hear(event); }});
        const std::string text = invented_map();
        const json source = ask("sources?", text);
        session_ =
            ask("sessions",
                json{{"source", source["source"]}, {"file", source["maps"][0]["file"]}}.dump())["session"];
        map_.emplace(parse_beatmap(text));
        std::vector<uint8_t> selected(objects);
        for (int i = objects / 2; i < objects / 2 + section; ++i) selected[i] = 1, section_.push_back(i);
        fixed_ = fixed_datapoints(map_->sequence(), selected);
    }

    size_t datapoints() const { return map_->sequence().size(); }
    double first_take() const { return first_take_; }

    void by_the_studio() {
        begun_ = now();
        first_take_ = 0;
        ask("sessions/" + session_ + "/place",
            json{{"objects", section_}, {"count", takes}, {"seed", 1}}.dump());
        while (api_->run_next_job()) {
        }
    }
    // As the studio does it: the first take alone, then two at a time.
    void bare() {
        SamplingOptions options;
        for (int first = 0; first < takes; first += options.variants) {
            options.seed = static_cast<uint64_t>(first) + 1;
            options.variants = first == 0 ? 1 : std::min(2, takes - first);
            place(engine_->network(), map_->view(), {}, options, {fixed_, {}});
        }
    }
    void whole() { place(engine_->network(), map_->view(), {}, SamplingOptions()); }

  private:
    studio::MemoryStorage storage_;
    std::optional<studio::Engine> engine_;
    std::optional<studio::Api> api_;
    std::string session_;
    std::optional<MapDatapoints> map_;
    std::vector<int> section_;
    std::vector<uint8_t> fixed_;
    double begun_ = 0, first_take_ = 0;

    void hear(const std::string& event) {
        if (first_take_ == 0 && event.find("\"type\":\"take\"") != std::string::npos)
            first_take_ = now() - begun_;
    }
    json ask(const std::string& path, const std::string& body) {
        const studio::Response response =
            api_->handle({"POST", "/api/v1/" + path.substr(0, path.find('?')), {{"name", "map.osu"}}, body});
        json answer = json::parse(response.body.text());
        if (response.status != 200) fail("{}: {}", path, answer.dump());
        return answer;
    }
};

}  // namespace

}  // namespace osu::bench

int main(int argc, char** argv) try {
    CLI::App app("The studio's takes against whole samples.");
    int threads = 0, pairs = 9;
    bool quick = false;
    std::string file;
    app.add_option("--threads", threads, "0: all cores");
    app.add_option("--pairs", pairs, "measurements of each");
    app.add_flag("--quick", quick, "a glance: few measurements");
    app.add_option("--json", file, "add the figures to this file");
    CLI11_PARSE(app, argc, argv);
    osu::set_thread_count(threads);
    if (quick) pairs = 3;

    osu::bench::Bench bench;
    const auto of_whole = osu::bench::in_turn(
        pairs, 120, [&] { bench.by_the_studio(); }, [&] { bench.whole(); });
    const double first = bench.first_take();
    const auto of_bare = osu::bench::in_turn(
        pairs, 120, [&] { bench.by_the_studio(); }, [&] { bench.bare(); });
    fmt::print("8 takes of 40 objects / a whole sample of 1,000 ({} datapoints)  {:.3f}\n",
               bench.datapoints(), of_whole.ratio);
    fmt::print("8 takes by the studio / the same samplings alone               {:.3f}\n", of_bare.ratio);
    fmt::print("    {:.0f} ms, the first after {:.0f}; a whole sample {:.0f} ms; {} threads, {} pairs\n",
               1e3 * of_whole.first, 1e3 * first, 1e3 * of_whole.second, osu::thread_count(), of_whole.pairs);
    const osu::bench::Report report(file);
    report.set("studio_takes_over_whole_sample", of_whole.ratio);
    report.set("studio_takes_over_bare", of_bare.ratio);
    report.set("studio_takes_ms", 1e3 * of_whole.first);
    report.set("studio_first_take_ms", 1e3 * first);
    return 0;
} catch (const osu::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
}
