#include <rondeau/process/command.h>

#include <sys/wait.h>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>

#include "../sync/flavors.h"
#include "process/process.h"
#include "process/process_test.h"

using namespace rondeau;
using process::Child;
using process::Command;
using process::Stdio;
using process_test::exists;
using process_test::shell;
using sync_test::on_each_flavor;
using sync_test::until;

TEST_CASE("PR2: orphan: a child that is dropped runs on, and is reaped when it ends") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      std::optional<process::ChildStdin> in;
      pid_t pid = 0;
      {
        Child child = Command("cat").stdin(Stdio::piped()).spawn().value();
        pid = child.id().value();
        in = std::move(child.stdin);
      }
      co_await sync_test::settle();
      CHECK(exists(pid));
      in.reset();                                    // cat reads the end
      co_await until([=] { return !exists(pid); });  // a zombie would be there still
    });
  });
}

TEST_CASE("PR2: orphan: one that had ended is reaped at once") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    std::optional<Child> child = Command("true").stdout(Stdio::piped()).spawn().value();
    const pid_t pid = child->id().value();
    std::byte one;
    CHECK((co_await child->stdout->read_some({&one, 1})).value() == 0);
    siginfo_t ended{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT) == 0);
    child.reset();
    CHECK_FALSE(exists(pid));
  });
}

TEST_CASE("PR2: orphan: with kill_on_drop it is killed first, also when the await of its status is destroyed") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      pid_t pid = 0;
      {
        const Child child = Command("cat").stdin(Stdio::piped()).kill_on_drop().spawn().value();
        pid = child.id().value();
      }
      co_await until([=] { return !exists(pid); });

      Command endless = shell("echo $$; exec sleep 1000");
      endless.stdout(Stdio::piped()).kill_on_drop();
      Child child = endless.spawn().value();
      pid = child.id().value();
      auto waiting =
          spawn([child = std::move(child)]() mutable -> Task<void> { static_cast<void>(co_await child.wait()); });
      co_await sync_test::settle();
      waiting.abort();
      CHECK((co_await waiting).error().is_cancelled());
      co_await until([=] { return !exists(pid); });
    });
  });
}

TEST_CASE("PR2: orphan: who outlives the runtime is reaped when another program is started") {
  std::optional<process::ChildStdin> in;
  pid_t pid = 0;
  base::UniqueFd pipe;
  {
    const runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(1).build().value();
    runtime.block_on([&]() -> Task<void> {
      Child child = Command("cat").stdin(Stdio::piped()).spawn().value();
      pid = child.id().value();
      pipe = std::move(*child.stdin).into_fd().value();
      co_return;
    });
  }
  CHECK(process::reap_left_behind() == 1);
  CHECK(exists(pid));
  pipe.reset();
  siginfo_t ended{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT) == 0);
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> { CHECK(co_await Command("true").status()); });
  CHECK_FALSE(exists(pid));
  CHECK(process::reap_left_behind() == 0);
}

TEST_CASE("PR2: orphan: started, dropped, killed and waited for from several threads, nothing is left") {
  const runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(4).build().value();
  runtime.block_on([]() -> Task<void> {
    std::vector<JoinHandle<void>> tasks;
    for (int i = 0; i < 8; ++i) {
      tasks.push_back(spawn([i]() -> Task<void> {
        for (int k = 0; k < 6; ++k) {
          Child child =
              Command("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(k % 2 == 0).spawn().value();
          switch ((i + k) % 3) {
            case 0:
              break;
            case 1:
              CHECK(co_await child.kill());
              break;
            case 2:
              CHECK((co_await child.wait()).value().success());
              break;
          }
        }
      }));
    }
    for (auto& task : tasks) (co_await task).value();
    co_await until([] { return ::waitpid(-1, nullptr, WNOHANG | WNOWAIT) < 0; });
  });
  CHECK(process::reap_left_behind() == 0);
}
