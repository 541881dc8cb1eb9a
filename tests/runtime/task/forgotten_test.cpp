// A Task that nobody awaits: debug builds say so, and say nothing where it goes with what was ended on purpose.
#include <rondeau/task/task.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/join_all.h>
#include <rondeau/task/select.h>
#include <rondeau/task/task_tracker.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "probe.h"
#include "support/aborts.h"
#include "support/captured_stderr.h"

using namespace rondeau;
using probe::Alive;
using support::contains;

namespace {

#ifdef NDEBUG
constexpr bool kTells = false;
#else
constexpr bool kTells = true;
#endif

constexpr const char* kSentence = "a Task was destroyed without having been awaited; co_await it, spawn it, or say discard(task)";

constexpr unsigned kForgottenLine = __LINE__ + 1;
Task<int> to_be_forgotten(Alive) { co_return 1; }

Task<void> owns(Task<int> inner) { static_cast<void>(co_await std::move(inner)); }

std::size_t times_said(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(kSentence); at != std::string::npos; at = text.find(kSentence, at + 1)) ++count;
  return count;
}

/// What is said while `body` runs; nothing may live afterwards.
template <class F>
std::string said_while(F&& body) {
  std::string text;
  {
    const support::CapturedStderr captured;
    std::forward<F>(body)();
    text = captured.text();
  }
  CHECK(probe::living.load() == 0);
  CHECK(detail::live_frames() == 0);
  return text;
}

}  // namespace

TEST_CASE("TK1: task: one that is forgotten is named with the place and name of its coroutine") {
  const std::string text = said_while([] { auto task = to_be_forgotten(Alive()); });
  CHECK(times_said(text) == (kTells ? 1 : 0));
  CHECK(contains(text, "forgotten_test.cpp:" + std::to_string(kForgottenLine)) == kTells);
  CHECK(contains(text, "to_be_forgotten") == kTells);
}

TEST_CASE("TK1: task: forgotten with others in its arguments it is named, they are not") {
  const std::string text = said_while([] { auto task = owns(to_be_forgotten(Alive())); });
  CHECK(times_said(text) == (kTells ? 1 : 0));
  CHECK_FALSE(contains(text, "to_be_forgotten"));
}

TEST_CASE("TK1: task: one that is replaced by another is forgotten") {
  const std::string text = said_while([] {
    auto task = to_be_forgotten(Alive());
    task = Task<int>();
  });
  CHECK(times_said(text) == (kTells ? 1 : 0));
}

TEST_CASE("TK1: task: one that is discarded, moved from, awaited or spawned is not forgotten") {
  CHECK(said_while([] {
          discard(to_be_forgotten(Alive()));
          discard(owns(to_be_forgotten(Alive())));
          auto runtime = runtime::Builder::current_thread().build().value();
          runtime.block_on([]() -> Task<void> {
            auto first = to_be_forgotten(Alive());
            auto second = std::move(first);
            CHECK(co_await std::move(second) == 1);
            auto third = to_be_forgotten(Alive());
            CHECK((co_await spawn(std::move(third))).value() == 1);
            co_await owns(to_be_forgotten(Alive()));
          });
        }) == "");
}

TEST_CASE("TK1: task: what goes with an aborted, refused or shut down task is not forgotten") {
  CHECK(said_while([] {
          std::optional<runtime::Handle> handle;
          for (auto builder : {runtime::Builder::current_thread(), runtime::Builder::multi_thread().worker_threads(2)}) {
            auto runtime = builder.build().value();
            handle = runtime.handle();
            runtime.block_on([]() -> Task<void> {
              // Before its first run, then while it holds a Task that it has not awaited yet.
              auto never_ran = spawn(owns(to_be_forgotten(Alive())));
              never_ran.abort();
              static_cast<void>(co_await never_ran);
              auto waits = spawn([inner = to_be_forgotten(Alive())]() mutable -> Task<void> {
                auto local = to_be_forgotten(Alive());
                co_await sleep_for(std::chrono::hours(1));
                static_cast<void>(co_await std::move(local));
                static_cast<void>(co_await std::move(inner));
              });
              co_await yield_now();
              waits.abort();
              static_cast<void>(co_await waits);
            });
            runtime.spawn([inner = to_be_forgotten(Alive())]() mutable -> Task<void> {
                     auto local = owns(to_be_forgotten(Alive()));
                     co_await sleep_for(std::chrono::hours(1));
                     co_await std::move(local);
                     static_cast<void>(co_await std::move(inner));
                   }).detach();
            runtime.block_on(probe::count_to(3));
          }
          auto refused = handle->spawn(owns(to_be_forgotten(Alive())));
          CHECK(refused.is_finished());
          auto closure = handle->spawn([inner = to_be_forgotten(Alive())]() mutable -> Task<int> {
            co_return co_await std::move(inner);
          });
          CHECK(closure.is_finished());
        }) == "");
}

TEST_CASE("TK1: task: branches that never start, losers, and what an exception passes are not forgotten") {
  CHECK(said_while([] {
          auto runtime = runtime::Builder::current_thread().build().value();
          runtime.block_on([]() -> Task<void> {
            for (int i = 0; i < 20; ++i) {
              static_cast<void>(co_await select(losing(to_be_forgotten(Alive())), losing(owns(to_be_forgotten(Alive())))));
              static_cast<void>(co_await timeout(std::chrono::hours(1), owns(to_be_forgotten(Alive()))));
            }
            CancellationToken token;
            token.cancel();
            CHECK_FALSE(co_await token.run_until_cancelled(owns(to_be_forgotten(Alive()))));
            bool thrown = false;
            try {
              auto local = to_be_forgotten(Alive());
              throw std::runtime_error("passes");
            } catch (const std::runtime_error&) {
              thrown = true;
            }
            CHECK(thrown);
          });
        }) == "");
}

TEST_CASE("TK1: task: one given by name to a combinator that did not begin it is not forgotten") {
  CHECK(said_while([] {
          auto runtime = runtime::Builder::current_thread().build().value();
          runtime.block_on([]() -> Task<void> {
            // Whichever goes first: it lost before it began, or while it waited.
            for (int i = 0; i < 200; ++i) {
              auto waits = probe::for_ever();
              auto argument = owns(to_be_forgotten(Alive()));
              auto safe = cancel_safe(to_be_forgotten(Alive()));
              const auto won = co_await select(waits, argument, safe);
              CHECK(won.index() != 0);
            }
            auto second = owns(to_be_forgotten(Alive()));
            CHECK((co_await select(losing(to_be_forgotten(Alive())), second).biased()).index() == 0);
            auto off = to_be_forgotten(Alive());
            CHECK((co_await select(when(false, off), losing(probe::count_to(1)))).index() == 1);
            auto unasked = to_be_forgotten(Alive());
            CHECK((co_await timeout(std::chrono::hours(1), select(losing(probe::count_to(0)), unasked).biased()))->index() == 0);
          });
        }) == "");
}

TEST_CASE("TK1: task: what a race or a limited join_all never began is not forgotten, nor what is cancelled or tracked") {
  CHECK(said_while([] {
          const auto some = [] {
            std::vector<Task<int>> tasks;
            for (int i = 0; i < 5; ++i) tasks.push_back(to_be_forgotten(Alive()));
            return tasks;
          };
          auto runtime = runtime::Builder::current_thread().build().value();
          runtime.block_on([&]() -> Task<void> {
            CHECK((co_await race(some())).index == 0);
            std::vector<Task<Result<int>>> failing;
            for (int i = 0; i < 5; ++i) {
              failing.push_back([](Alive) -> Task<Result<int>> { co_return Errc::Other; }(Alive()));
            }
            CHECK_FALSE(co_await try_join_all(std::move(failing), 1));
            bool thrown = false;
            try {
              std::vector<Task<void>> throwing;
              for (int i = 0; i < 5; ++i) {
                throwing.push_back([](Alive) -> Task<void> {
                  co_await yield_now();
                  throw std::runtime_error("limited");
                }(Alive()));
              }
              co_await join_all(std::move(throwing), 2);
            } catch (const std::runtime_error&) {
              thrown = true;
            }
            CHECK(thrown);
            // A branch that loses before it began, and one that loses in the middle.
            CHECK((co_await select(losing(to_be_forgotten(Alive())), losing(race(some()))).biased()).index() == 0);
            std::vector<Task<void>> endless;
            for (int i = 0; i < 5; ++i) endless.push_back(probe::for_ever());
            CHECK((co_await select(losing(join_all(std::move(endless), 2)), losing(probe::count_to(2))).biased()).index() == 1);
            auto unstarted = to_be_forgotten(Alive());
            co_await cancel(unstarted);
            const TaskTracker tracker;
            { auto dropped = tracker.track(to_be_forgotten(Alive())); }
          });
        }) == "");
}

TEST_CASE("TK1: task: one that is forgotten inside a running task is named, whatever was ended before") {
  const std::string text = said_while([] {
    auto runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
    runtime.block_on([]() -> Task<void> {
      auto aborted = spawn(probe::for_ever());
      co_await yield_now();
      aborted.abort();
      static_cast<void>(co_await aborted);
      auto forgets = spawn([]() -> Task<void> {
        co_await yield_now();
        auto task = to_be_forgotten(Alive());
      });
      CHECK(co_await forgets);
    });
  });
  CHECK(times_said(text) == (kTells ? 1 : 0));
}
