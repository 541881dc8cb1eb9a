#include <rondeau/time/supervise.h>

#include <chrono>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/io/duplex.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/select.h>
#include <rondeau/task/task_scope.h>
#include <rondeau/time/readable_by.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "runtime/time/paused.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// Pushes its text into a stream.
class Text final : public time::Unsent {
 public:
  Text(io::Stream& stream, std::string text) : stream_(stream), text_(std::move(text)) {}
  bool push() noexcept override {
    while (!text_.empty()) {
      const auto count = stream_.try_write(std::as_bytes(std::span(text_)));
      if (!count) return false;
      text_.erase(0, *count);
    }
    return true;
  }

 private:
  io::Stream& stream_;
  std::string text_;
};

struct OnEnd {
  bool& ended;
  ~OnEnd() { ended = true; }
};

struct Peers {
  std::pair<io::DuplexStream, io::DuplexStream> streams = io::duplex(16);
  io::DuplexStream& ours = streams.first;
  io::DuplexStream& theirs = streams.second;
  time::Alarm alarm;
  Instant deadline = Instant::now() + 10s;
  Text unsent{ours, ""};

  time::Supervision terms() { return {ours, alarm, deadline, 1s, unsent}; }
};

Task<int> sleep_then(Duration span, int value, bool* ended = nullptr) {
  bool ignored = false;
  const OnEnd end{ended != nullptr ? *ended : ignored};
  co_await sleep_for(span);
  co_return value;
}

}  // namespace

TEST_CASE("supervise: work that ends in time gives its value, at once or after a wait") {
  support::run_paused([]() -> Task<void> {
    Peers peers;
    CHECK((co_await time::supervise(peers.terms(), sleep_then(0s, 1))).value() == 1);
    CHECK((co_await time::supervise(peers.terms(), sleep_then(9s, 2))).value() == 2);
    auto won = co_await time::supervise(peers.terms(), [](Duration span) -> Task<std::size_t> {
      co_return (co_await select(sleep_for(span), sleep_for(1h))).index();
    }(500ms));
    CHECK(won.value() == 0);
  });
}

TEST_CASE("supervise: work is ended at the deadline, which may be moved to later meanwhile") {
  support::run_paused([]() -> Task<void> {
    Peers peers;
    support::Stopwatch watch;
    bool ended = false;
    auto cut = co_await time::supervise(peers.terms(), sleep_then(1h, 1, &ended));
    CHECK(cut.error() == time::Cut::Deadline);
    CHECK(ended);
    CHECK(watch.elapsed() == 10s);
    peers.deadline = Instant::now() + 10s;
    auto moved = co_await time::supervise(peers.terms(), [](Peers& moving) -> Task<int> {
      co_await sleep_for(9s);
      moving.deadline = Instant::now() + 20s;
      co_return co_await sleep_then(1h, 1);
    }(peers));
    CHECK(moved.error() == time::Cut::Deadline);
    CHECK(watch.elapsed() == 39s);
  });
}

TEST_CASE("supervise: one alarm serves deadlines that come and go, earlier and later") {
  support::run_paused([]() -> Task<void> {
    Peers peers;
    support::Stopwatch watch;
    for (const Duration span : {Duration(5s), Duration(1s), Duration(75s), Duration(10ms)}) {
      const Instant deadline = Instant::now() + span;
      CHECK_FALSE(co_await time::readable_by(peers.ours, peers.alarm, deadline));
      CHECK(Instant::now() == deadline);
      CHECK(support::armed_timers() == 0);
    }
    CHECK_FALSE(co_await time::readable_by(peers.ours, peers.alarm, Instant::now()));
    static_cast<void>(peers.theirs.try_write(std::as_bytes(std::span("x", 1))));
    CHECK(co_await time::readable_by(peers.ours, peers.alarm, Instant::now()));
    CHECK(watch.elapsed() == 81s + 10ms);
  });
}

TEST_CASE("supervise: work is ended at once when the peer is gone, and after the grace when it ended its half") {
  support::run_paused([]() -> Task<void> {
    Peers peers;
    support::Stopwatch watch;
    bool ended = false;
    CHECK(peers.theirs.try_shutdown(io::How::Write).has_value());
    auto half = co_await time::supervise(peers.terms(), sleep_then(1h, 1, &ended));
    CHECK(half.error() == time::Cut::PeerLeft);
    CHECK(ended);
    CHECK(watch.elapsed() == 1s);
    auto gone = co_await time::supervise(peers.terms(), [](Peers& leaving) -> Task<int> {
      co_await sleep_for(100ms);
      {
        const io::DuplexStream dropped = std::move(leaving.theirs);
      }
      co_return co_await sleep_then(1h, 1);
    }(peers));
    CHECK(gone.error() == time::Cut::PeerLeft);
    CHECK(watch.elapsed() == 1s + 100ms);
  });
}

TEST_CASE("supervise: what is unsent goes out while the work waits, as the peer reads") {
  support::run_paused([]() -> Task<void> {
    Peers peers;
    const std::string text(100, 'x');
    Text unsent(peers.ours, text);
    const time::Supervision terms{peers.ours, peers.alarm, peers.deadline, 1s, unsent};
    auto read = co_await time::supervise(terms, [](io::DuplexStream& theirs) -> Task<std::string> {
      std::string all;
      std::array<std::byte, 8> buffer;
      while (all.size() < 100) {
        const auto count = co_await theirs.read_some(buffer);
        all.append(reinterpret_cast<const char*>(buffer.data()), count.value());
      }
      co_return all;
    }(peers.theirs));
    CHECK(read.value() == text);
  });
}

TEST_CASE("supervise: it may be destroyed while it waits") {
  support::run_paused([]() -> Task<void> {
    Peers peers;
    bool ended = false;
    auto won = co_await select(losing(time::supervise(peers.terms(), sleep_then(1h, 1, &ended))), sleep_for(1s));
    CHECK(won.index() == 1);
    CHECK(ended);
    CHECK(peers.theirs.try_shutdown(io::How::Both).has_value());
  });
}

TEST_CASE("readable_by: an alarm that one strand armed wakes another one that waits with it later") {
  support::run_paused([]() -> Task<void> {
    Peers peers;
    auto writes = spawn([&]() -> Task<void> {
      co_await sleep_for(10ms);
      CHECK(peers.theirs.try_write(std::as_bytes(std::span("x", 1))).value() == 1);
    });
    CHECK(co_await time::readable_by(peers.ours, peers.alarm, Instant::now() + 100ms));
    std::byte byte[1];
    CHECK(peers.ours.try_read(byte).value() == 1);
    const support::Stopwatch watch;
    const auto won = co_await select(time::readable_by(peers.ours, peers.alarm, Instant::now() + 200ms), sleep_for(3s));
    CHECK(won.index() == 0);
    CHECK(watch.elapsed() == 200ms);
    static_cast<void>(co_await writes);
  });
}

TEST_CASE("alarm: who leaves it leaves the timer armed, for whoever waits with it next and for nobody else") {
  support::run_paused([]() -> Task<void> {
    Peers peers;
    const auto wait = [&](Duration span) -> Task<bool> {
      const bool in_time = co_await time::readable_by(peers.ours, peers.alarm, Instant::now() + span);
      peers.alarm.leave();
      co_return in_time;
    };
    static_cast<void>(peers.theirs.try_write(std::as_bytes(std::span("x", 1))));
    auto writes = spawn([&]() -> Task<void> {
      co_await sleep_for(10ms);
      static_cast<void>(peers.theirs.try_write(std::as_bytes(std::span("x", 1))));
    });
    std::byte byte[1];
    CHECK(peers.ours.try_read(byte).value() == 1);
    CHECK((co_await spawn(wait(100ms))).value() == true);  // its task is gone
    static_cast<void>(co_await writes);
    CHECK(peers.ours.try_read(byte).value() == 1);
    CHECK(support::armed_timers() == 1);
    const support::Stopwatch watch;
    CHECK((co_await spawn(wait(300ms))).value() == false);  // woken in vain meanwhile
    CHECK(watch.elapsed() == 300ms);
    CHECK((co_await spawn(wait(20ms))).value() == false);
    auto other = spawn([&]() -> Task<void> {
      co_await sleep_for(10ms);
      static_cast<void>(peers.theirs.try_write(std::as_bytes(std::span("x", 1))));
    });
    CHECK((co_await spawn(wait(50ms))).value() == true);
    static_cast<void>(co_await other);
    co_await sleep_for(1s);  // it goes off meanwhile
    CHECK(support::armed_timers() == 0);
  });
}

TEST_CASE("alarm: a wait that is paused leaves it, for it may go on in another task when the first is gone") {
  support::run_paused([]() -> Task<void> {
    Peers peers;
    std::optional<AsyncGenerator<bool>> generator;
    const auto first = co_await spawn([&]() -> Task<void> {
      auto waits = [](Peers& with) -> AsyncGenerator<bool> {
        co_yield co_await time::readable_by(with.ours, with.alarm, Instant::now() + 200ms);
      }(peers);
      CHECK_FALSE(co_await timeout(50ms, waits.next()));
      generator.emplace(std::move(waits));
    });
    CHECK(first.has_value());
    co_await sleep_for(1s);  // the deadline, of nobody
    auto item = co_await spawn([](AsyncGenerator<bool> rest) -> Task<std::optional<bool>> { co_return co_await rest.next(); }(
        *std::move(generator)));
    CHECK(item.value() == false);
  });
}
