// Exporter: takes spans from everywhere and sends them to a collector, in batches, by OTLP over HTTP.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/client/client.h>
#include <rondeau/http/headers.h>
#include <rondeau/observe/span.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/join_handle.h>
#include <rondeau/task/task.h>

#include "otlp/encode.h"

namespace rondeau::otlp {

struct ExporterOptions {
  std::string url = {};  ///< of the traces, whole
  http::Headers headers = {};
  Resource resource = {};
  std::size_t queue = 2048;  ///< spans that wait; of more, the new ones are dropped
  std::size_t batch = 512;   ///< in one request
  Duration every = std::chrono::seconds(5);    ///< or as soon as a batch is full
  Duration timeout = std::chrono::seconds(10);  ///< of one request
  unsigned attempts = 5;                        ///< for one batch
  Duration backoff = std::chrono::seconds(1);   ///< before the second, doubling; Retry-After goes before it
  Duration max_wait = std::chrono::seconds(30);
};

/// Nobody who puts a span waits for the collector, and what is kept is bounded: the queue and one batch. What a
/// collector does not take (429, 502, 503, 504, no connection, no answer) is sent again; after the last attempt, and
/// where it refuses, the batch is dropped. Drops are counted, and logged when they begin.
///
/// Thread safety: any thread.
class Exporter final : public observe::SpanSink {
 public:
  Exporter(ExporterOptions options, client::Client client);

  void put(observe::SpanRecord span) noexcept override;

  /// Sends until finish(). Cancellation: what is there is dropped. Lifetime: keeps the exporter.
  static Task<void> run(std::shared_ptr<Exporter> self);
  /// Sends what is there, and ends run(), whose handle this is; after that time what is left is dropped.
  static Task<void> finish(std::shared_ptr<Exporter> self, JoinHandle<void> running, Duration at_most);

  std::uint64_t exported() const noexcept { return exported_.load(std::memory_order_relaxed); }
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  enum class Outcome : std::uint8_t { Taken, Refused, Again };
  struct Answer {
    Outcome outcome;
    std::optional<Duration> wait;  ///< that it asked for
    std::string why;
  };

  Task<bool> wait_for_batch();
  std::vector<observe::SpanRecord> take();
  Task<void> send(std::vector<observe::SpanRecord> batch);
  Task<Answer> ask(std::string body);
  void drop(std::size_t spans, std::string_view why) noexcept;

  const ExporterOptions options_;
  const client::Client client_;
  sync::Notify wake_;
  std::mutex mutex_;
  std::deque<observe::SpanRecord> waiting_;  // guarded by mutex_
  bool finishing_ = false;                   // guarded by mutex_
  std::atomic<std::uint64_t> exported_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::size_t> sending_{0};  ///< spans of the batch under way; written by run(), read behind its end
  std::atomic<bool> told_{false};  ///< that spans are dropped; until a batch is taken again
};

}  // namespace rondeau::otlp
