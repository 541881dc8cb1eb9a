#include <rondeau/process/child.h>

#include <sys/wait.h>

#include <array>
#include <csignal>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/io/read.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/join.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>

#include "../sync/flavors.h"
#include "process/process.h"
#include "process/process_test.h"

using namespace rondeau;
using process::Child;
using process::ChildStdout;
using process::Command;
using process::ExitStatus;
using process::Process;
using process::Stdio;
using process_test::exists;
using process_test::shell;
using sync_test::on_each_flavor;
using sync_test::settle;

namespace {

/// A program that says what it reads, line for line.
Child echo() {
  return Command("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().value();
}

Task<std::string> read_text(io::Reader& reader) {
  std::string text(64, '\0');
  auto count = co_await reader.read_some(std::as_writable_bytes(std::span(text)));
  text.resize(count ? *count : 0);
  co_return text;
}

}  // namespace

TEST_CASE("PR2: child: its pipes are a writer and a reader") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Child child = echo();
      CHECK(co_await child.stdin->write_all("first"));
      CHECK(co_await read_text(*child.stdout) == "first");
      const io::ConstBuffer pieces[] = {std::string_view("sec"), std::string_view("ond")};
      CHECK((co_await child.stdin->write_vectored(pieces)).value() == 6);
      CHECK(co_await read_text(*child.stdout) == "second");
      CHECK(co_await child.stdin->shutdown());
      CHECK((co_await read_text(*child.stdout)).empty());
      CHECK((co_await child.stdin->write_all("late")).error() == Errc::BrokenPipe);
      CHECK((co_await child.wait()).value().success());
    });
  });
}

TEST_CASE("PR2: child: more than a pipe holds goes through, both ways at once") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      static constexpr std::size_t kBytes = 1'000'000;
      Child child = echo();
      auto writing = spawn([in = std::move(*child.stdin)]() mutable -> Task<void> {
        CHECK(co_await in.write_all(std::string(kBytes, 'x')));
      });
      std::vector<std::byte> all;
      CHECK((co_await io::read_to_end(*child.stdout, all, 2 * kBytes)).value() == kBytes);
      (co_await writing).value();
      CHECK((co_await child.wait()).value().success());
    });
  });
}

TEST_CASE("PR2: child: a program that reads no more is an error of the write, not the end of this process") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Child child = Command("true").stdin(Stdio::piped()).spawn().value();
      while (co_await child.stdin->write_all("nobody reads this")) {
      }
      CHECK((co_await child.stdin->write_all("x")).error() == Errc::BrokenPipe);
      CHECK((co_await child.wait()).value().success());
    });
  });
}

TEST_CASE("PR2: child: wait closes stdin, gives the status, and gives it again") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Child child = echo();
      CHECK(child.id());
      CHECK_FALSE(child.try_wait().value());  // it reads still
      CHECK(child.stdin);
      CHECK((co_await child.wait()).value().success());
      CHECK_FALSE(child.stdin);
      CHECK_FALSE(child.id());
      CHECK((co_await child.wait()).value().success());
      CHECK(child.try_wait().value()->success());

      Child failing = shell("exit 7").spawn().value();
      const ExitStatus status = (co_await failing.wait()).value();
      CHECK_FALSE(status.success());
      CHECK(status.code() == 7);
      CHECK_FALSE(status.signal());
      CHECK(status.message() == "exit code 7");
    });
  });
}

TEST_CASE("PR2: child: a wait that is destroyed loses nothing") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Child child = Command("cat").stdin(Stdio::piped()).spawn().value();
      process::ChildStdin in = std::move(*child.stdin);
      for (int i = 0; i < 3; ++i) {
        auto waiting = spawn([&]() -> Task<void> { static_cast<void>(co_await child.wait()); });
        co_await settle();
        waiting.abort();
        CHECK((co_await waiting).error().is_cancelled());
      }
      CHECK(child.id());
      CHECK(co_await in.shutdown());
      CHECK((co_await child.wait()).value().success());
    });
  });
}

TEST_CASE("PR2: child: kill ends it, and reaps") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Child child = echo();
      const pid_t pid = child.id().value();
      CHECK(co_await child.kill());
      CHECK_FALSE(exists(pid));
      const ExitStatus status = (co_await child.wait()).value();
      CHECK(status.signal() == SIGKILL);
      CHECK_FALSE(status.code());
      CHECK(status.message() == "signal 9");
      CHECK_FALSE(child.id());

      Child other = shell("trap 'exit 4' TERM; echo ready; while :; do read line || sleep 0.01; done")
                        .stdout(Stdio::piped())
                        .spawn()
                        .value();
      CHECK(co_await read_text(*other.stdout) == "ready\n");
      CHECK(other.signal(SIGTERM));
      CHECK((co_await other.wait()).value().code() == 4);
    });
  });
}

TEST_CASE("PR2: child: once it is reaped nobody is signalled, though its number may be another's") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    Child child = Command("true").spawn().value();
    CHECK((co_await child.wait()).value().success());
    CHECK(child.start_kill().error() == Errc::NotFound);
    CHECK(child.signal(0).error() == Errc::NotFound);
    CHECK((co_await child.kill()).error() == Errc::NotFound);
  });
}

TEST_CASE("PR2: child: wait_with_output reads what is piped, and only that") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    Child child = Command("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().value();
    CHECK(co_await child.stdin->write_all("text"));
    const auto output = co_await std::move(child).wait_with_output(4);
    CHECK(process_test::text(output->stdout) == "text");
    CHECK(output->stderr.empty());
    CHECK(output->status.success());
  });
}

TEST_CASE("PR2: child: a pipe's end may be given away, and waits then") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    Child child = shell("echo piped").stdout(Stdio::piped()).spawn().value();
    base::UniqueFd pipe = std::move(*child.stdout).into_fd().value();
    Command next("cat");
    next.stdin(Stdio::from_fd(std::move(pipe)));
    CHECK(process_test::text((co_await next.output(100)).value().stdout) == "piped\n");
    CHECK((co_await child.wait()).value().success());
  });
}

TEST_CASE("PR2: child: without pidfds the end is heard by SIGCHLD") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::pause();
        ::_exit(0);
      }
      const auto process = Process::watch(pid, Process::Watch::SigChild).value();
      CHECK_FALSE(process->by_pidfd());
      bool has_ended = false;
      const auto wait = [&]() -> Task<ExitStatus> {
        const ExitStatus status = (co_await Child::Wait(*process)).value();
        has_ended = true;
        co_return status;
      };
      const auto disturb = [&]() -> Task<void> {
        // Others end meanwhile, and wake it in vain.
        for (int i = 0; i < 5; ++i) CHECK((co_await Command("true").status()).value().success());
        CHECK_FALSE(has_ended);
        CHECK(process->signal(SIGKILL));
      };
      // Of one task: a process has one user at a time.
      const auto [status, disturbed] = co_await task::join(wait(), disturb());
      CHECK(status.signal() == SIGKILL);
      CHECK(process->signal(SIGKILL).error() == Errc::NotFound);
    });
  });
}
