#include <rondeau/runtime/local_pool.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <system_error>

#include <rondeau/base/assert.h>
#include <rondeau/runtime/runtime.h>

#include "base/thread.h"

namespace rondeau::runtime {
namespace {

/// The body of a thread: its tasks run, until it is told to stop, and end here.
void serve(Runtime runtime, sync::OneshotReceiver<bool> stop) {
  base::name_this_thread("rondeau-local");
  runtime.block_on([](sync::OneshotReceiver<bool> told) -> Task<void> { static_cast<void>(co_await told); }(std::move(stop)));
}

}  // namespace

LocalPool::LocalPool(std::size_t threads) {
  if (const auto started = start(threads); !started) {
    std::fprintf(stderr, "rondeau: %s\n", started.error().message().c_str());
    base::fail("a LocalPool could not start its threads; LocalPool::make gives that as an error");
  }
}

Result<LocalPool> LocalPool::make(std::size_t threads) {
  LocalPool pool;
  RONDEAU_TRY_VOID_PLAIN(pool.start(threads));
  return pool;
}

Result<void> LocalPool::start(std::size_t threads) {
  if (threads == 0) base::fail("a LocalPool without threads never runs a task; 1 is the least");
  loads_->tasks.resize(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    RONDEAU_TRY_PLAIN(auto runtime, Builder::current_thread().name("local " + std::to_string(i)).build());
    auto [told, stop] = sync::oneshot<bool>();
    Member member{.handle = runtime.handle(), .stop = std::move(told), .thread = {}};
    try {
      member.thread = std::thread(serve, std::move(runtime), std::move(stop));
    } catch (const std::system_error& error) {
      return Error::from_os(error.code().value(), "start a thread of a LocalPool");
    }
    members_.push_back(std::move(member));
  }
  return {};
}

LocalPool::~LocalPool() {
  if (const auto here = Handle::try_current(); here) {
    for (const Member& member : members_) {
      if (member.handle.id() == here->id()) base::fail("a LocalPool was destroyed inside one of its own tasks");
    }
  }
  stop();
}

void LocalPool::stop() noexcept {
  for (Member& member : members_) member.stop.reset();
  for (Member& member : members_) member.thread.join();
}

std::vector<std::size_t> LocalPool::loads() const {
  const std::lock_guard lock(loads_->mutex);
  return loads_->tasks;
}

LocalPool::Place::Place(std::shared_ptr<Loads> loads) : loads_(std::move(loads)) {
  const std::lock_guard lock(loads_->mutex);
  const auto least = std::ranges::min_element(loads_->tasks);
  index_ = static_cast<std::size_t>(least - loads_->tasks.begin());
  ++*least;
}

LocalPool::Place::Place(std::shared_ptr<Loads> loads, std::size_t index) : loads_(std::move(loads)), index_(index) {
  const std::lock_guard lock(loads_->mutex);
  if (index >= loads_->tasks.size()) base::fail("spawn_pinned_on: the pool has no such thread; see size()");
  ++loads_->tasks[index];
}

LocalPool::Place::~Place() {
  if (loads_ == nullptr) return;
  const std::lock_guard lock(loads_->mutex);
  --loads_->tasks[index_];
}

}  // namespace rondeau::runtime
