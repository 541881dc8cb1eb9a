#include <rondeau/net/memory_listener.h>

#include <deque>
#include <mutex>

namespace rondeau::net {

class MemoryQueue {
 public:
  explicit MemoryQueue(const MemoryOptions& options) : options_(options) {}

  Result<io::DuplexStream> connect() {
    auto [ours, theirs] = io::duplex(options_.streams);
    {
      const std::lock_guard lock(lock_);
      if (refusing_) return Errc::ConnectionRefused;
      if (waiting_.size() >= options_.backlog) return Errc::Overloaded;
      waiting_.push_back(std::move(theirs));
    }
    wake();
    return std::move(ours);
  }

  Result<io::DuplexStream> accept() {
    const std::lock_guard lock(lock_);
    if (waiting_.empty()) return ended_ ? Errc::Closed : Errc::WouldBlock;
    io::DuplexStream next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }

  /// The listener is gone.
  void refuse() {
    std::deque<io::DuplexStream> dropped;
    const std::lock_guard lock(lock_);
    refusing_ = true;
    dropped.swap(waiting_);
  }

  /// The connectors are gone.
  void end() {
    {
      const std::lock_guard lock(lock_);
      ended_ = true;
    }
    wake();
  }

  bool start_wait(io::Waiter& waiter) noexcept {
    const std::lock_guard lock(lock_);
    if (ended_ || !waiting_.empty()) return false;
    waiters_.link(waiter);
    return true;
  }
  void end_wait(io::Waiter& waiter) noexcept {
    const std::lock_guard lock(lock_);
    if (waiter.linked()) waiters_.unlink(waiter);
  }

 private:
  void wake() noexcept {
    for (bool more = true; more;) {
      detail::WakeBatch batch;
      {
        const std::lock_guard lock(lock_);
        more = waiters_.take(detail::kReadInterest, batch);
      }
      batch.wake_all();
    }
  }

  const MemoryOptions options_;
  std::mutex lock_;  ///< guards all below
  std::deque<io::DuplexStream> waiting_;
  bool refusing_ = false;
  bool ended_ = false;
  detail::WaiterList waiters_;
};

std::pair<MemoryListener, MemoryConnector> memory_listener(const MemoryOptions& options) {
  auto queue = std::make_shared<MemoryQueue>(options);
  return {MemoryListener(queue), MemoryConnector(queue)};
}

MemoryListener::~MemoryListener() {
  if (queue_ != nullptr) queue_->refuse();
}

Result<io::DuplexStream> MemoryListener::try_accept() noexcept {
  return queue_->accept();
}

Result<SocketAddress> MemoryListener::local_addr() const {
  return SocketAddress::unix_path("");
}

bool MemoryListener::start_wait(io::Waiter& waiter) noexcept {
  return queue_->start_wait(waiter);
}

void MemoryListener::end_wait(io::Waiter& waiter) noexcept {
  queue_->end_wait(waiter);
}

MemoryConnector::MemoryConnector(std::shared_ptr<MemoryQueue> queue) noexcept
    : queue_(std::move(queue)), open_(nullptr, [queue = queue_](void*) { queue->end(); }) {}

Result<io::DuplexStream> MemoryConnector::connect() const {
  return queue_->connect();
}

}  // namespace rondeau::net
