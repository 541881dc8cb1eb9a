// test::pause, resume, advance: a clock that stands still while a test works.
#pragma once

#include <source_location>

#include <rondeau/base/instant.h>
#include <rondeau/detail/leaf.h>

namespace rondeau::runtime::test {

/// Stops the clock of the current runtime, which must be a current_thread one.
///
/// While it is paused, time moves when no task is runnable and no blocking call runs: it jumps to the next timer. So
/// `co_await sleep_for(1h)` takes no time and order is kept. Aborts where the clock is paused already.
void pause(std::source_location where = std::source_location::current());

/// Lets the clock go on from where it stands.
void resume(std::source_location where = std::source_location::current());

class [[nodiscard("advance does nothing until it is awaited")]] Advance final : public detail::Awaiter<Advance> {
 public:
  Advance(base::Duration span, std::source_location where) noexcept : span_(span), where_(where) {}
  ~Advance() { disarm(); }
  bool try_now() const noexcept { return false; }
  bool enqueue();
  bool fired() const noexcept;
  void disarm() noexcept;
  void await_resume() noexcept { begun_ = false; }

 private:
  base::Duration span_;
  std::source_location where_;
  bool begun_ = false;
};

/// Moves the paused clock on by `span`: from timer to timer, each time letting everything that was woken come to rest.
/// A running blocking call does not hold it. One at a time. Cancellation: the clock stays where it got to.
inline Advance advance(base::Duration span, std::source_location where = std::source_location::current()) noexcept {
  return Advance(span, where);
}

}  // namespace rondeau::runtime::test
