#include <rondeau/signal/signal.h>

#include <csignal>
#include <future>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>

#include "support/open_descriptors.h"

using namespace rondeau;
using rondeau::signal::Signal;

namespace {

/// For conditions that another task must bring about.
template <class Body>
auto run(Body body) {
  auto runtime = runtime::Builder::current_thread().build().value();
  return runtime.block_on(std::move(body));
}

Signal listen(SignalKind kind) {
  return signal::signal(kind).value();
}

/// Does recv() wait?
Task<bool> is_silent(Signal& listener) {
  const auto won = co_await select(listener.recv(), yield_now()).biased();
  co_return won.index() == 1;
}

}  // namespace

TEST_CASE("SI1: signal: every listener hears a wave, and only of its kind") {
  run([]() -> Task<void> {
    Signal first = listen(SignalKind::user_defined1());
    Signal second = listen(SignalKind::user_defined1());
    Signal other = listen(SignalKind::user_defined2());
    ::raise(SIGUSR1);
    CHECK(co_await first.recv() == SignalKind::user_defined1());
    CHECK(co_await second.recv() == SignalKind::user_defined1());
    CHECK(co_await is_silent(first));
    CHECK(co_await is_silent(other));
    ::raise(SIGUSR2);
    CHECK(co_await other.recv() == SignalKind::user_defined2());
    CHECK(co_await is_silent(second));
  });
}

TEST_CASE("SI1: signal: a recv that waits is woken by a signal from outside") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  constexpr int kRounds = 200;
  for (int round = 0; round < kRounds; ++round) {
    std::promise<void> listening;
    auto heard = runtime.spawn([&]() -> Task<void> {
      Signal hangup = listen(SignalKind::hangup());
      listening.set_value();
      static_cast<void>(co_await hangup.recv());
    });
    listening.get_future().wait();
    ::raise(SIGHUP);
    CHECK(runtime.block_on([&]() -> Task<bool> { co_return (co_await heard).has_value(); }));
  }
}

TEST_CASE("SI1: signal: signals before a recv count as one, however many, and none is lost") {
  run([]() -> Task<void> {
    Signal listener = listen(SignalKind::user_defined1());
    for (int i = 0; i < 100'000; ++i) ::raise(SIGUSR1);
    CHECK((co_await listener.recv()).has_value());
    CHECK(co_await is_silent(listener));
    ::raise(SIGUSR1);
    CHECK((co_await listener.recv()).has_value());
  });
}

TEST_CASE("SI1: signal: a recv that is given up loses no signal") {
  run([]() -> Task<void> {
    Signal listener = listen(SignalKind::window_change());
    auto task = spawn([&]() -> Task<void> { static_cast<void>(co_await listener.recv()); });
    co_await yield_now();
    ::raise(SIGWINCH);
    task.abort();
    static_cast<void>(co_await task);
    CHECK((co_await listener.recv()).has_value());
    CHECK(co_await is_silent(listener));
  });
}

TEST_CASE("SI1: signal: without a listener nothing happens, and a new one does not hear the past") {
  run([]() -> Task<void> {
    {
      Signal listener = listen(SignalKind::user_defined2());
    }
    ::raise(SIGUSR2);
    Signal listener = listen(SignalKind::user_defined2());
    CHECK(co_await is_silent(listener));
  });
}

TEST_CASE("SI1: signal: several runtimes of a process all hear") {
  std::vector<std::promise<void>> listening(3);
  std::vector<std::thread> threads;
  for (auto& ready : listening) {
    threads.emplace_back([&ready] {
      run([&ready]() -> Task<void> {
        Signal listener = listen(SignalKind::terminate());
        ready.set_value();
        CHECK((co_await listener.recv()).has_value());
      });
    });
  }
  for (auto& ready : listening) ready.get_future().wait();
  ::raise(SIGTERM);
  for (auto& thread : threads) thread.join();
}

TEST_CASE("SI1: signal: what cannot be heard is refused") {
  run([]() -> Task<void> {
    for (const int number : {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, 0, -1, 1000}) {
      CAPTURE(number);
      const auto refused = signal::signal(SignalKind::from_raw(number));
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error() == Errc::InvalidArgument);
      CHECK(refused.error().context() == "listen to signal " + std::to_string(number));
    }
    co_return;
  });
}

TEST_CASE("SI1: signal: ctrl_c waits for SIGINT; real-time signals are heard by offset") {
  run([]() -> Task<void> {
    auto waiting = spawn([]() -> Task<bool> { co_return (co_await ctrl_c()).has_value(); });
    co_await yield_now();
    ::raise(SIGINT);
    CHECK((co_await waiting).value());

    Signal listener = listen(SignalKind::real_time(3));
    ::raise(SIGRTMIN + 3);
    CHECK(co_await listener.recv() == SignalKind::from_raw(SIGRTMIN + 3));
    CHECK(listener.kind().name() == "SIGRTMIN+3");
    CHECK(SignalKind::terminate().name() == "SIGTERM");
    CHECK(SignalKind::from_raw(99).name() == "signal 99");
  });
}

TEST_CASE("SI1: signal: listeners leave no descriptor behind") {
  run([]() -> Task<void> {
    {
      Signal first = listen(SignalKind::user_defined1());
    }
    const auto before = support::open_descriptors();
    for (int i = 0; i < 100; ++i) Signal listener = listen(SignalKind::user_defined1());
    CHECK(support::open_descriptors() == before);
    co_return;
  });
}

TEST_CASE("SI1: signal: a listener that is assigned another leaves nothing registered behind") {
  run([]() -> Task<void> {
    auto listener = rondeau::signal::signal(rondeau::signal::SignalKind::user_defined1()).value();
    for (int i = 0; i < 3; ++i) {
      listener = rondeau::signal::signal(rondeau::signal::SignalKind::user_defined2()).value();
      CHECK(rondeau::signal::signal(rondeau::signal::SignalKind::hangup()));
    }
    co_return;
  });
}
