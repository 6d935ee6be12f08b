// What `train` can be told; defaults are the reference's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/split.h"
#include "diffusion/schedule.h"
#include "ops/devices.h"
#include "train/communicator.h"

namespace osu {

enum class RateSchedule { constant, cosine };

struct TrainOptions {
    std::filesystem::path data_path, results_dir = "results", ckpt;
    std::string model;                      // empty: that of the checkpoint that is resumed, else DiT-B
    int num_classes = 0;                    // 0: those of the checkpoint that is resumed, else of the data
    int64_t data_start = 0, data_end = -1;  // track folders, end exclusive; −1: all
    int64_t epochs = 1400, max_steps = 0;   // 0: epochs alone decide
    int64_t batch_size = 256;
    int64_t log_every = 100, ckpt_every = 50000;
    std::string ckpt_format = "safetensors";  // or "pt"
    double save_patience = 600;  // seconds that a run waits in the end for room for its last checkpoint
    int64_t stride = 16;
    std::vector<int64_t> fine_tune_ids;  // beatmap IDs; empty: all
    bool l1_loss = true;
    double learning_rate = 1e-4;
    RateSchedule rate_schedule = RateSchedule::constant;
    int64_t warmup_steps = 0;
    double ema_decay = 0.9999;
    double gradient_clip = 0;      // 0: none
    double label_rate_factor = 1;  // learning rate of the label table over that of the rest
    double label_dropout = 0.2;
    double double_time = 0, distance_noise = 0;  // see WindowOptions
    double max_time_offset = 100000;             // ms
    // From the weights of ckpt, with steps, data order and optimiser from the beginning.
    bool new_run = false;
    // Trains a student of the checkpoint `teacher`, to sample in so many steps (train/distillation.h).
    // Without ckpt it begins as its teacher.
    std::filesystem::path teacher;
    int distill_steps = 4;
    bool relearn_embeds = false;
    bool grow_labels = false;  // rows for the maps that the dataset has more than ckpt
    int64_t embed_only_epochs = 0;
    // Null: as ckpt was trained, else the reference's squaredcos_cap_v2, windows of 128, seed 0 (which every
    // new run has), and nothing held out.
    std::optional<NoiseSchedule> noise_schedule;
    std::optional<int64_t> tokens;
    std::optional<uint64_t> seed;
    std::optional<HeldOut> held_out;  // with the seed of the run
    DeviceChoice device{"cpu", "f32"};
    Distribution distribution = Distribution::automatic;  // how several processes sum their gradients
};

}  // namespace osu
