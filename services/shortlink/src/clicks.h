// Clicks: from the redirect that must not wait to the database that takes its time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include <rondeau/sync/mpsc.h>
#include <rondeau/task/task.h>

#include "store.h"

namespace shortlink {

/// Every redirect that was answered is counted in exactly one of these.
struct ClickCounts {
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> dropped{0};   ///< the queue was full
  std::atomic<std::uint64_t> orphaned{0};  ///< the link was deleted meanwhile
  std::atomic<std::uint64_t> failed{0};    ///< the database refused the batch

  std::uint64_t all() const noexcept {
    constexpr auto kRelaxed = std::memory_order_relaxed;
    return written.load(kRelaxed) + dropped.load(kRelaxed) + orphaned.load(kRelaxed) + failed.load(kRelaxed);
  }
};

/// The sending end. Thread safety: any task.
class ClickQueue {
 public:
  ClickQueue(rondeau::sync::Sender<Click> sender, std::shared_ptr<ClickCounts> counts)
      : sender_(std::move(sender)), counts_(std::move(counts)) {}

  /// Never waits; a click that finds no room is dropped and counted.
  void push(Click click) {
    if (!sender_ || !sender_->try_send(std::move(click))) counts_->dropped.fetch_add(1, std::memory_order_relaxed);
  }
  /// No more clicks: the batcher writes what is queued and ends. After the last request only.
  void close() { sender_.reset(); }

 private:
  std::optional<rondeau::sync::Sender<Click>> sender_;
  std::shared_ptr<ClickCounts> counts_;
};

/// Writes 500 clicks together, or what came within 200 ms of the first, whichever is first. Ends when the queue is
/// closed and empty.
Task<void> batch_clicks(rondeau::sync::Receiver<Click> clicks, std::shared_ptr<Store> store,
                        std::shared_ptr<ClickCounts> counts);

}  // namespace shortlink
