// Mailbox: connections that were made for another protocol, and turned out to speak HTTP/1.1.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/connect/endpoint.h>

namespace rondeau::client::http1 {

/// Thread safety: any thread.
class Mailbox {
 public:
  void put(connect::Connected connection) {
    const std::lock_guard lock(mutex_);
    lie_.push_back({std::move(connection), Instant::now()});
  }
  /// One that nobody has used, and that is as it was.
  std::optional<connect::Connected> take() {
    const std::lock_guard lock(mutex_);
    while (!lie_.empty()) {
      Lying first = std::move(lie_.front());
      lie_.pop_front();
      std::array<std::byte, 1> unasked;
      const Result<std::size_t> count = first.connection.stream->try_read(unasked);
      const bool silent = !count && count.error() == Errc::WouldBlock;
      if (silent && first.since.elapsed() < kFresh) return std::move(first.connection);
    }
    return std::nullopt;
  }

 private:
  struct Lying {
    connect::Connected connection;
    Instant since;
  };
  static constexpr std::chrono::seconds kFresh{1};

  std::mutex mutex_;
  std::deque<Lying> lie_;
};

}  // namespace rondeau::client::http1
