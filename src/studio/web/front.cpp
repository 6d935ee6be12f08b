// The studio in a browser's worker: what the server is elsewhere. JavaScript (studio/web/worker.js) hands in
// the model, what the browser has kept, and requests; it is told of events, and of what must be kept, through
// deliver().
//
//   studio_restore(name, bytes, size)               what was kept: values, and the records of journals
//   studio_begin(model, size, file, example, …)
//   studio_graphics_mailbox()                       with threads: see graphics_card.h
//   studio_handle(method, path, query, body, size)  → Answer
//   studio_run_jobs()                               without threads: makes all takes that wait
//   studio_deliver()                                with threads: what other threads have to say
//
// With threads, takes are made on one of its own, and requests are answered meanwhile.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <emscripten.h>
#include <emscripten/threading.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/parallel.h"
#include "studio/api.h"
#include "studio/example.h"
#ifdef __EMSCRIPTEN_PTHREADS__
#include "studio/web/graphics_card.h"
#endif

#ifdef __EMSCRIPTEN_PTHREADS__
constexpr bool has_threads = true;
#else
constexpr bool has_threads = false;
#endif

// kind: "event" (name: of the session), "put", "append" and "remove" (name: of the value or journal).
EM_JS(void, deliver, (const char* kind, const char* name, const char* content, int size),
      { Module.deliver(UTF8ToString(kind), UTF8ToString(name), HEAPU8.slice(content, content + size)); });

namespace osu::studio {

namespace {

// What JavaScript is to be told, in order. Its own thread tells it at once; others leave it here.
class Outbox {
  public:
    void add(const char* kind, const std::string& name, std::string_view content) {
        {
            const std::lock_guard lock(mutex_);
            messages_.push_back({kind, name, std::string(content)});
        }
        if (!has_threads || emscripten_is_main_runtime_thread()) empty();
    }
    void empty() {
        for (;;) {
            Message message;
            {
                const std::lock_guard lock(mutex_);
                if (messages_.empty()) return;
                message = std::move(messages_.front());
                messages_.pop_front();
            }
            deliver(message.kind, message.name.c_str(), message.content.data(),
                    static_cast<int>(message.content.size()));
        }
    }

  private:
    struct Message {
        const char* kind;
        std::string name, content;
    };
    std::mutex mutex_;
    std::deque<Message> messages_;
};

Outbox& outbox() {
    static Outbox box;
    return box;
}

// All in memory, and told to JavaScript, which writes it to the browser's database before it answers.
class BrowserStorage : public MemoryStorage {
  public:
    void put(const std::string& name, std::string_view content) override {
        MemoryStorage::put(name, content);
        outbox().add("put", name, content);
    }
    void remove(const std::string& name) override {
        MemoryStorage::remove(name);
        outbox().add("remove", name, {});
    }
    std::unique_ptr<Journal> journal(const std::string& name) override {
        class Told : public Journal {
          public:
            Told(std::unique_ptr<Journal> kept, std::string name)
                : kept_(std::move(kept)), name_(std::move(name)) {}
            std::vector<std::string> read() override { return kept_->read(); }
            void append(std::string_view record) override {
                kept_->append(record);
                outbox().add("append", name_, record);
            }

          private:
            const std::unique_ptr<Journal> kept_;
            const std::string name_;
        };
        return std::make_unique<Told>(MemoryStorage::journal(name), name);
    }
    void restore(const std::string& name, std::string_view content) { MemoryStorage::put(name, content); }
    void restore_record(const std::string& journal, std::string_view record) {
        MemoryStorage::journal(journal)->append(record);
    }
};

BrowserStorage& storage() {
    static BrowserStorage kept;
    return kept;
}

class Front {
  public:
    // `card`: the name of the graphics card that does the network's blocks; empty: none.
    Front(std::string model, std::string file, std::string example, std::string version, std::string card,
          int threads)
        : model_(std::move(model)),
          engine_(
              std::move(file),
              [this] { return parse_checkpoint(std::as_bytes(std::span(model_.data(), model_.size()))); },
              [threads, card] { return open(card, threads); }, remote(card)),
          api_({.storage = storage(),
                .engine = engine_,
                .on_event = [](const std::string& session,
                               const std::string& event) { outbox().add("event", session, event); },
                .on_job = [this] { wake(); },
                .front_can = {},
                .open_folder = {},
                .open_example = [example = std::move(example)] { return example_song(example); },
                .version = std::move(version),
                .threads = threads}) {
        if (has_threads) worker_ = std::thread([this] { work(); });
    }

    Api& api() { return api_; }

  private:
    const std::string model_;  // the checkpoint's tensors lie in it
    Engine engine_;
    Api api_;
    std::thread worker_;
    std::mutex mutex_;
    std::condition_variable job_came_;
    bool job_waits_ = false;

    static OpenDevice open(const std::string& card, int threads) {
        const std::string name = !card.empty() ? card + " by WebGPU"
                                 : threads > 1 ? fmt::format("this browser, {} threads", threads)
                                               : "this browser, one thread";
        return {make_cpu_backend(DType::f32), name, {}};
    }
    static Engine::Remote remote([[maybe_unused]] const std::string& card) {
#ifdef __EMSCRIPTEN_PTHREADS__
        if (!card.empty())
            return [](const DitConfig& config, const TensorMap& weights) {
                return std::make_unique<GraphicsCard>(config, weights);
            };
#endif
        return {};
    }
    void wake() {
        const std::lock_guard lock(mutex_);
        job_waits_ = true;
        job_came_.notify_one();
    }
    void work() {
        for (;;) {
            {
                std::unique_lock lock(mutex_);
                job_came_.wait(lock, [&] { return job_waits_; });
                job_waits_ = false;
            }
            while (api_.run_next_job()) {
            }
        }
    }
};

std::optional<Front> front;

// As JavaScript reads it: addresses and sizes, 32 bits each.
struct Answer {
    int status;
    const char *type, *attachment;
    const void* body;
    size_t size;
};

std::string text_of(const uint8_t* bytes, size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

}  // namespace osu::studio

extern "C" {

using namespace osu::studio;

// A record of a journal where `journal`, else a value.
EMSCRIPTEN_KEEPALIVE void studio_restore(const char* name, int journal, const uint8_t* bytes, size_t size) {
    if (journal)
        storage().restore_record(name, text_of(bytes, size));
    else
        storage().restore(name, text_of(bytes, size));
}

EMSCRIPTEN_KEEPALIVE void studio_begin(const uint8_t* model, size_t size, const char* file,
                                       const char* example, const char* version, const char* card,
                                       int threads) {
    osu::set_thread_count(threads);
    front.emplace(text_of(model, size), file, example, version, card, threads);
}

// Where studio/web/graphics_worker.js finds what is asked of the graphics card; with threads alone.
EMSCRIPTEN_KEEPALIVE void* studio_graphics_mailbox() {
#ifdef __EMSCRIPTEN_PTHREADS__
    return &graphics_mailbox();
#else
    return nullptr;
#endif
}

// `query`: a JSON object of strings. The answer is there until the next call.
EMSCRIPTEN_KEEPALIVE const void* studio_handle(const char* method, const char* path, const char* query,
                                               const uint8_t* body, size_t size) {
    static Response response;
    static Answer answer;
    Request request{method, path, nlohmann::json::parse(query).get<std::map<std::string, std::string>>(),
                    text_of(body, size)};
    response = front->api().handle(request);
    answer = {response.status, response.type.c_str(), response.attachment.c_str(), response.body.view.data(),
              response.body.view.size()};
    outbox().empty();
    return &answer;
}

EMSCRIPTEN_KEEPALIVE void studio_run_jobs() {
    while (front->api().run_next_job()) {
    }
}

EMSCRIPTEN_KEEPALIVE void studio_deliver() {
    outbox().empty();
}

}  // extern "C"
