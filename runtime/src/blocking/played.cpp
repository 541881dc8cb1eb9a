// Calls on threads that are only played: what Pool::serve() does, cut in two where time passes.
#include <algorithm>
#include <utility>

#include <rondeau/base/driver.h>

#include "blocking/pool.h"

namespace rondeau::threads {

Pool::Submitted Pool::submit_played(CallPlayer& player, Job job) noexcept {
  {
    const Lock lock(mutex_);
    if (sealed_) return Submitted::Sealed;
    if (!player.has_thread(*this)) return Submitted::NoThread;
    if (self_ == nullptr) self_ = std::make_shared<Pool*>(this);
    queue_.push_back(std::move(job));
  }
  begin_played();
  return Submitted::Queued;
}

/// As long as a thread is free: the place in the queue is given back, time begins to pass.
void Pool::begin_played() noexcept {
  for (;;) {
    detail::Header* call = nullptr;
    {
      const Lock lock(mutex_);
      if (queue_.empty() || played_.size() >= options_.max_threads) return;
      Job job = std::move(queue_.front());
      queue_.pop_front();
      call = job.call;
      ++taken_;
      waited_ += call->scheduler->driver().now().saturating_since(job.queued_at);
      played_.push_back(std::move(job));
    }
    const PlayedCall played{.pool = self_, .id = call->id};
    CallPlayer* const player = call->scheduler->call_player();
    room_.give(1);
    player->begin(played);
  }
}

void Pool::finish_played(std::uint64_t id) noexcept {
  Job job;
  {
    const Lock lock(mutex_);
    const auto found = std::ranges::find(played_, id, [](const Job& each) { return each.call->id; });
    if (found == played_.end()) return;  // a shutdown ran it
    job = std::move(*found);
    played_.erase(found);
  }
  const std::weak_ptr<Pool*> self = self_;
  run(std::move(job));
  if (!self.expired()) begin_played();
}

/// A shutdown waits for what has begun, and for what must run: here it is run.
void Pool::run_all_played() noexcept {
  for (;;) {
    Job job;
    {
      const Lock lock(mutex_);
      if (self_ == nullptr) return;
      std::deque<Job>& next = played_.empty() ? queue_ : played_;
      if (next.empty()) return;
      job = std::move(next.front());
      next.pop_front();
    }
    run(std::move(job));
  }
}

}  // namespace rondeau::threads
