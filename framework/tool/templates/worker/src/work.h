// Work in the background: texts wait in a queue, one task counts their words, a timer says how far it is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <rondeau/service/service.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/task.h>

namespace {{ns}} {

struct Progress {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  ///< the queue was full
  std::uint64_t done = 0;
  std::uint64_t words = 0;  ///< in what is done
};

/// Thread safety: any task, but for close().
class Work {
 public:
  /// At most so many texts wait.
  explicit Work(std::size_t capacity);

  /// Puts a text into the queue and gives its number; nothing where there is no room. Never waits.
  std::optional<std::uint64_t> push(std::string text);
  Progress progress() const;

  /// Works until the queue is closed and empty; logs a line `every` so often. Once for each Work.
  static rondeau::Task<void> run(std::shared_ptr<Work> work, std::chrono::milliseconds every);
  /// No more texts: run() does what waits and ends. After the last push() only.
  void close() { sender_.reset(); }

 private:
  struct Text {
    std::uint64_t number = 0;
    std::string text;
  };

  void handle(const Text& text);

  std::optional<rondeau::sync::Sender<Text>> sender_;
  rondeau::sync::Receiver<Text> receiver_;  // of run()
  // Counted by many, read by whoever asks: a number that is a moment old is as good.
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> words_{0};

  explicit Work(std::pair<rondeau::sync::Sender<Text>, rondeau::sync::Receiver<Text>> channel);
};

/// Work as long as the service lives: when that ends, after its last request, the queue is worked off.
std::shared_ptr<Work> start_work(rondeau::service::Context& context, std::size_t capacity,
                                 std::chrono::milliseconds report);

}  // namespace {{ns}}
