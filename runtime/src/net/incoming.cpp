#include <rondeau/net/incoming.h>

#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

#include "base/closes.h"

namespace rondeau::net {
namespace {

constinit sync::Notify closes;

}  // namespace

bool is_exhaustion(const Error& error) noexcept {
  return error == Errc::TooManyOpenFiles || error == Errc::OutOfMemory;
}

CloseWatch::CloseWatch() noexcept : closed_(closes.notified()) {
  base::tell_close_watchers.store([]() noexcept { closes.notify_waiters(); }, std::memory_order_release);
  base::close_watchers.fetch_add(1, std::memory_order_relaxed);
}

CloseWatch::~CloseWatch() {
  base::close_watchers.fetch_sub(1, std::memory_order_relaxed);
}

Task<void> CloseWatch::wait(Duration time) {
  static_cast<void>(co_await task::select(closed_, time::sleep_for(time)));
}

}  // namespace rondeau::net
