// The reactor under threads: turns, waits, clears and deregistrations at once. Most telling under the thread sanitizer.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/registration.h>

#include "reactor/reactor.h"
#include "support/recorded_task.h"

namespace {

using namespace rondeau;
using base::PollEvent;
using base::UniqueFd;
using detail::Registration;
using detail::Waiter;
using reactor::Reactor;

struct TurningThread {
  explicit TurningThread(Reactor& turned) : reactor(turned) {}
  ~TurningThread() {
    stop.store(true);
    reactor.wake();
    thread.join();
  }
  Reactor& reactor;
  std::atomic<bool> stop{false};
  std::thread thread{[this] {
    while (!stop.load()) reactor.turn(std::nullopt);
  }};
};

std::array<UniqueFd, 2> make_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Reads one byte as an awaiter does: try, clear, wait.
void read_byte(const Registration& registration, support::RecordedTask& task) {
  Waiter waiter;
  waiter.wake = task.wake();
  waiter.interest = detail::kReadInterest;
  for (;;) {
    const detail::Readiness seen = registration.readiness();
    char byte;
    if (seen.any(detail::kReadInterest)) {
      if (::read(registration.descriptor(), &byte, 1) == 1) return;
      registration.clear(PollEvent::Readable, seen);
    }
    if (!registration.start_wait(waiter)) continue;
    while (waiter.linked()) std::this_thread::yield();
  }
}

TEST_CASE("reactor: no byte is missed while another thread turns") {
  support::RecordingScheduler scheduler;
  support::RecordedTask task(scheduler, 1);
  auto reactor = Reactor::make(base::kernel_driver()).value();
  TurningThread turning(*reactor);
  auto [near, far] = make_pair();
  Registration registration = Registration::make(*reactor, near.get(), PollEvent::Readable).value();
  constexpr int kBytes = 2'000;
  std::thread writer([&, out = far.get()] {
    for (int i = 0; i < kBytes; ++i) {
      while (::write(out, "x", 1) != 1) std::this_thread::yield();
      if (i % 7 == 0) std::this_thread::yield();
    }
  });
  for (int i = 0; i < kBytes; ++i) read_byte(registration, task);
  writer.join();
  CHECK(registration.readiness().tick() > 0);
}

TEST_CASE("reactor: descriptors come and go on many threads while another turns") {
  auto reactor = Reactor::make(base::kernel_driver()).value();
  {
    TurningThread turning(*reactor);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 300; ++round) {
          auto [near, far] = make_pair();
          Registration registration = Registration::make(*reactor, near.get(), PollEvent::Writable).value();
          if (::write(far.get(), "x", 1) != 1) std::abort();
          while (!registration.readiness().any(PollEvent::Readable)) std::this_thread::yield();
          registration.reset();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(reactor->registered() == 0);
  CHECK(reactor->registered_total() == 1200);
}

}  // namespace
