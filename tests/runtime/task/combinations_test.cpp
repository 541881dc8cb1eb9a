// A task's whole life, as a table: how it ends, who waits, when the handle goes, when and by what it is aborted.
#include <rondeau/task/join_handle.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <rondeau/sync/oneshot.h>
#include <rondeau/task/spawn.h>

#include "../../support/captured_stderr.h"
#include "probe.h"

using namespace rondeau;
using probe::Alive;

namespace {

/// Points in a task's life at which the table does something.
enum class When { AtOnce, AfterFirstRun, AfterCompletion, AfterReading, Never };
constexpr std::array kTimes{When::AtOnce, When::AfterFirstRun, When::AfterCompletion, When::AfterReading};

enum class Ends { ByValue, ByException };
enum class Awaited { No, Yes };

struct Case {
  Ends ends;
  Awaited awaited;
  When handle_dropped;
  When aborted;
  /// Never: by the JoinHandle. Else by an AbortHandle, which is dropped then.
  When abort_handle_dropped;

  bool by_abort_handle() const { return abort_handle_dropped != When::Never; }
  /// Does the abort come, and before the task could end?
  bool is_cancelled() const {
    if (aborted > When::AfterFirstRun) return false;
    return aborted <= (by_abort_handle() ? abort_handle_dropped : handle_dropped);
  }
  std::string text() const {
    const auto number = [](auto value) { return std::to_string(static_cast<int>(value)); };
    return "ends " + number(ends) + ", awaited " + number(awaited) + ", handle dropped " + number(handle_dropped) +
           ", aborted " + number(aborted) + ", abort handle dropped " + number(abort_handle_dropped);
  }
};

/// What the test knows of a task without a handle to it.
struct Watched {
  std::atomic<bool> ran{false};
  std::atomic<bool> frames_gone{false};
  std::atomic<int> results{0};  ///< alive
};

/// Moves with the result; the last one destroyed is the end of it.
struct Output {
  explicit Output(std::shared_ptr<Watched> task) : watched(std::move(task)) { watched->results.fetch_add(1); }
  Output(Output&& other) noexcept : watched(std::move(other.watched)) {}
  Output& operator=(Output&&) = delete;
  ~Output() {
    if (watched != nullptr) watched->results.fetch_sub(1);
  }
  std::shared_ptr<Watched> watched;
  Alive alive;
};

/// Lives in the task's closure, so it goes after the frames, also where there never was one that ran.
struct LastOfTheTask {
  explicit LastOfTheTask(std::shared_ptr<Watched> task) : watched(std::move(task)) {}
  LastOfTheTask(LastOfTheTask&&) = default;
  LastOfTheTask& operator=(LastOfTheTask&&) = delete;
  ~LastOfTheTask() {
    if (watched != nullptr) watched->frames_gone.store(true);
  }
  std::shared_ptr<Watched> watched;
  Alive alive;
};

JoinHandle<Output> start(const std::shared_ptr<Watched>& watched, Ends ends, OneshotReceiver<int> go) {
  return spawn(
      [watched, last = LastOfTheTask(watched)](Ends how, OneshotReceiver<int> gate) -> Task<Output> {
        const Alive alive;
        watched->ran.store(true);
        static_cast<void>(co_await gate);
        if (how == Ends::ByException) throw std::runtime_error("as the table says");
        co_return Output(watched);
      },
      ends, std::move(go));
}

template <class Condition>
Task<bool> comes_true(Condition condition) {
  for (int turn = 0; turn < 1'000'000; ++turn) {
    if (condition()) co_return true;
    co_await yield_now();
    if (turn > 1000) std::this_thread::yield();
  }
  co_return false;
}

Task<void> live_through(const Case& what) {
  auto [tx, rx] = oneshot<int>();
  auto watched = std::make_shared<Watched>();
  std::optional handle(start(watched, what.ends, std::move(rx)));
  std::optional<AbortHandle> abort_handle;
  if (what.by_abort_handle()) abort_handle.emplace(handle->abort_handle());

  const auto pass = [&](When now) {
    if (what.aborted == now) {
      if (abort_handle) abort_handle->abort();
      if (!what.by_abort_handle() && handle) handle->abort();
    }
    if (what.abort_handle_dropped == now) abort_handle.reset();
    if (what.handle_dropped == now) handle.reset();
  };

  pass(When::AtOnce);
  CHECK(co_await comes_true([&] { return watched->ran.load() || watched->frames_gone.load(); }));
  pass(When::AfterFirstRun);
  // One that is still in its first run would find the value and complete before the abort is seen.
  if (what.is_cancelled()) CHECK(co_await comes_true([&] { return watched->frames_gone.load(); }));
  const bool delivered = std::move(tx).send(1).has_value();
  if (!what.is_cancelled()) CHECK(delivered);
  CHECK(co_await comes_true([&] { return watched->frames_gone.load() && (!handle || handle->is_finished()); }));

  // A result that somebody may still ask for is there; one that nobody can is destroyed by whoever ran the task.
  const bool has_value = !what.is_cancelled() && what.ends == Ends::ByValue;
  if (handle) {
    CHECK(watched->results.load() == (has_value ? 1 : 0));
  } else {
    CHECK(co_await comes_true([&] { return watched->results.load() == 0; }));
  }
  pass(When::AfterCompletion);
  if (handle && what.awaited == Awaited::Yes) {
    const auto result = co_await *handle;
    CHECK(result.has_value() == has_value);
    if (!result) {
      CHECK(result.error().is_cancelled() == what.is_cancelled());
      CHECK(result.error().is_exception() == !what.is_cancelled());
    }
  }
  pass(When::AfterReading);
  if (!handle) CHECK(co_await comes_true([&] { return watched->results.load() == 0; }));
}

}  // namespace

TEST_CASE("TK4: abort handle: whatever happens in a task's life, it gives what it should and leaves nothing behind") {
  const support::CapturedStderr quiet;  // exceptions that nobody waits for are told of
  probe::on_every_flavor([]() -> Task<void> {
    int cases = 0;
    for (const Ends ends : {Ends::ByValue, Ends::ByException}) {
      for (const Awaited awaited : {Awaited::No, Awaited::Yes}) {
        for (const When dropped : kTimes) {
          for (int abort = 0; abort <= static_cast<int>(When::Never); ++abort) {
            for (int by = 0; by <= static_cast<int>(When::Never); ++by) {
              const Case what{ends, awaited, dropped, static_cast<When>(abort), static_cast<When>(by)};
              CAPTURE(what.text());
              co_await live_through(what);
              CHECK(co_await comes_true([] { return probe::living.load() == 0; }));
              ++cases;
            }
          }
        }
      }
    }
    CHECK(cases == 400);
  });
}
