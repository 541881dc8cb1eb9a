#include <rondeau/process/command.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sys/wait.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>

#include "../sync/flavors.h"
#include "process/process_test.h"
#include "support/open_descriptors.h"
#include "support/temporary_directory.h"

using namespace rondeau;
using process::Command;
using process::Stdio;
using process_test::said;
using process_test::shell;
using process_test::text;
using sync_test::on_each_flavor;

TEST_CASE("PR1: command: arguments come as they are given, without a shell between") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      Command command("printf");
      command.arg("[%s]").args({"a b", "$HOME", "*"}).args(std::vector<std::string>{"", "\""});
      CHECK(co_await said(std::move(command)) == "[a b][$HOME][*][][\"]");
      Command named("/bin/sh");
      named.arg0("another name").args({"-c", "echo \"$0\""});
      CHECK(co_await said(std::move(named)) == "another name\n");
      CHECK((co_await Command("true").arg(std::string("a\0b", 3)).status()).error() == Errc::InvalidArgument);
    });
  });
}

TEST_CASE("PR1: command: the environment is inherited, changed, or begun anew") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  ::setenv("RONDEAU_TEST", "ours", 1);
  runtime.block_on([]() -> Task<void> {
    const std::string script = "echo ${RONDEAU_TEST-none}/${RONDEAU_OTHER-none}";
    CHECK(co_await said(shell(script)) == "ours/none\n");
    Command changed = shell(script);
    changed.env("RONDEAU_TEST", "theirs").env("RONDEAU_OTHER", "a=b c");
    CHECK(co_await said(std::move(changed)) == "theirs/a=b c\n");
    Command removed = shell(script);
    removed.env_remove("RONDEAU_TEST");
    CHECK(co_await said(std::move(removed)) == "none/none\n");
    Command clear("/usr/bin/env");
    clear.env("GONE", "x").env_clear().envs(std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}});
    CHECK(co_await said(std::move(clear)) == "A=1\nB=2\n");
    CHECK((co_await Command("true").env("A=B", "x").status()).error() == Errc::InvalidArgument);
    CHECK((co_await Command("true").env("", "x").status()).error() == Errc::InvalidArgument);
  });
  CHECK(std::string(::getenv("RONDEAU_TEST")) == "ours");
  ::unsetenv("RONDEAU_TEST");
}

TEST_CASE("PR1: command: descriptors are passed from 3 on, and the program is told that they are its own") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  ::setenv("LISTEN_FDNAMES", "of:somebody", 1);
  const support::TemporaryDirectory here;
  here.put("first", "one");
  here.put("second", "two");
  const auto open = [&](const char* name) {
    return base::UniqueFd(::open((here / name).c_str(), O_RDONLY | O_CLOEXEC));
  };
  runtime.block_on([&]() -> Task<void> {
    const base::UniqueFd first = open("first");
    const base::UniqueFd second = open("second");
    for (const bool hook : {false, true}) {
      // In whichever place they lie here, and one of them twice.
      for (const bool swapped : {false, true}) {
        Command command = shell(
            "[ $LISTEN_PID = $$ ] && echo $LISTEN_FDS $LISTEN_FDNAMES; cat <&3; cat <&4; ls /proc/$$/fd | wc -l");
        const int one = swapped ? second.get() : first.get();
        const int two = swapped ? first.get() : second.get();
        command.pass_fds({{"a", one}, {"b", two}, {"", one}});
        if (hook) command.pre_exec([]() -> Result<void> { return {}; });
        ::lseek(first.get(), 0, SEEK_SET);
        ::lseek(second.get(), 0, SEEK_SET);
        // The three streams, and what was passed.
        CHECK(co_await said(std::move(command)) == (swapped ? "3 a:b:\ntwoone6\n" : "3 a:b:\nonetwo6\n"));
        CHECK(::fcntl(first.get(), F_GETFD) == FD_CLOEXEC);
      }
    }
    CHECK((co_await Command("true").pass_fds({{"a:b", first.get()}}).status()).error() == Errc::InvalidArgument);
    for (const int none : {-1, 1 << 20}) {
      const auto refused = co_await Command("true").pass_fds({{"a", first.get()}, {"b", none}}).status();
      REQUIRE_FALSE(refused);
      CHECK(refused.error() == Errc::InvalidArgument);
      CHECK(refused.error().message() ==
            "spawn true: there is no descriptor " + std::to_string(none) + ": invalid argument");
    }
  });
  ::unsetenv("LISTEN_FDNAMES");
}

TEST_CASE("PR1: command: a program is looked for in PATH, in its own where that is changed") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const support::TemporaryDirectory here;
  here.put("greet", "#!/bin/sh\necho hello from \"$PWD\"\n");
  std::filesystem::permissions(here / "greet", std::filesystem::perms::owner_all);
  here.put("refused", "#!/bin/sh\n");
  runtime.block_on([&]() -> Task<void> {
    CHECK((co_await Command("greet").status()).error() == Errc::NotFound);
    Command there("greet");
    there.env("PATH", "/nowhere:" + here.path().native() + ":/bin:/usr/bin").current_dir("/");
    CHECK(co_await said(std::move(there)) == "hello from /\n");
    Command relative("./greet");
    relative.current_dir(here.path());
    CHECK(co_await said(std::move(relative)) == "hello from " + here.path().native() + "\n");
    CHECK((co_await Command("refused").env("PATH", here.path().native()).status()).error() == Errc::PermissionDenied);
  });
}

TEST_CASE("PR1: command: what keeps a program from running is the error of spawn, and leaves nothing behind") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    const support::TemporaryDirectory here;
    here.put("no-program", "just text");
    std::filesystem::permissions(here / "no-program", std::filesystem::perms::owner_all);
    runtime.block_on([&]() -> Task<void> {
      const auto before = support::open_descriptors();
      const auto missing = Command("/no/such/program").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
      REQUIRE_FALSE(missing);
      CHECK(missing.error().message() == "spawn /no/such/program: not found");
      CHECK(Command((here / "no-program").native()).spawn().error().os_error() == ENOEXEC);
      CHECK(Command(here.path().native()).spawn().error() == Errc::PermissionDenied);
      CHECK(Command("true").current_dir(here / "none").spawn().error().message() ==
            "spawn true: current directory: not found");
      CHECK(Command("").spawn().error() == Errc::NotFound);
      CHECK(support::open_descriptors() == before);
      CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // no child, not even a zombie
      co_return;
    });
  });
}

TEST_CASE("PR1: command: standard streams are inherited, nothing, pipes or a descriptor of the caller's") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const support::TemporaryDirectory here;
  here.put("in", "from a file");
  runtime.block_on([&]() -> Task<void> {
    base::UniqueFd in(::open((here / "in").c_str(), O_RDONLY | O_CLOEXEC));
    base::UniqueFd out(::open((here / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    base::UniqueFd both(::fcntl(out.get(), F_DUPFD_CLOEXEC, 0));
    Command copy = shell("cat; echo complaint >&2");
    copy.stdin(Stdio::from_fd(std::move(in))).stdout(Stdio::from_fd(std::move(out)));
    copy.stderr(Stdio::from_fd(std::move(both)));
    CHECK((co_await copy.status()).value().success());
    CHECK(here.get("out") == "from a filecomplaint\n");

    Command none = shell("cat; echo lost >&2; echo said");
    none.stdin(Stdio::null()).stderr(Stdio::null());
    const auto output = co_await none.output(100);
    CHECK(text(output->stdout) == "said\n");
    CHECK(output->stderr.empty());

    // The streams change places, each through the other's number.
    base::UniqueFd first(::open((here / "first").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const base::UniqueFd stdout_before(::fcntl(1, F_DUPFD_CLOEXEC, 3));
    const base::UniqueFd stderr_before(::fcntl(2, F_DUPFD_CLOEXEC, 3));
    base::UniqueFd second(::open((here / "second").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ::dup2(first.get(), 1);
    ::dup2(second.get(), 2);
    bool good = false;
    {
      Command crossed = shell("echo out; echo err >&2");
      crossed.stdout(Stdio::from_fd(base::UniqueFd(2))).stderr(Stdio::from_fd(base::UniqueFd(1)));
      const auto status = co_await crossed.status();
      good = status && status->success();
    }
    ::dup2(stdout_before.get(), 1);  // the command has closed what it was given
    ::dup2(stderr_before.get(), 2);
    CHECK(good);
    CHECK(here.get("first") == "err\n");
    CHECK(here.get("second") == "out\n");
  });
}

TEST_CASE("PR1: command: no descriptor of this process is inherited, whoever opened it and however") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    int careless[2];
    REQUIRE(::pipe(careless) == 0);  // not closed by exec
    const std::string seen =
        runtime.block_on([]() -> Task<std::string> { co_return co_await said(shell("ls /proc/self/fd")); });
    // Of ls: its own streams, and the directory it reads.
    CHECK(seen == "0\n1\n2\n3\n");
    ::close(careless[0]);
    ::close(careless[1]);
  });
}

TEST_CASE("PR1: command: signals are neither blocked nor ignored in the program, whatever they are here") {
  for (const bool hooked : {false, true}) {
    CAPTURE(hooked);
    const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
    sigset_t before;
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    struct sigaction pipe_before{};
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &pipe_before);
    const std::string status = runtime.block_on([&]() -> Task<std::string> {
      Command command("grep");
      command.args({"-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"});
      if (hooked) command.pre_exec([]() -> Result<void> { return {}; });
      co_return co_await said(std::move(command));
    });
    sigset_t here;
    ::pthread_sigmask(SIG_SETMASK, &before, &here);
    ::sigaction(SIGPIPE, &pipe_before, nullptr);
    CHECK(status.find("SigBlk:\t0000000000000000") != std::string::npos);
    CHECK(status.find("SigIgn:\t0000000000000000") != std::string::npos);
    CHECK(sigismember(&here, SIGUSR1) == 1);  // ours is as it was
  }
}

TEST_CASE("PR1: command: user, group and process group") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  runtime.block_on([]() -> Task<void> {
    Command grouped = shell("ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat");
    grouped.process_group(0).stdout(Stdio::piped());
    process::Child child = grouped.spawn().value();
    const pid_t pid = child.id().value();
    const auto output = co_await std::move(child).wait_with_output(100);
    CHECK(std::stoi(text(output->stdout)) == pid);
    if (::geteuid() != 0) {
      CHECK(Command("true").uid(0).spawn().error().message() == "spawn true: user: permission denied");
      co_return;
    }
    Command other("id");
    other.uid(65534).gid(65533);
    const std::string ids = co_await said(std::move(other));
    CHECK(ids.starts_with("uid=65534"));
    CHECK(ids.find("gid=65533") != std::string::npos);
    CHECK(ids.find("(root)") == std::string::npos);  // supplementary groups are gone too
  });
}

TEST_CASE("PR1: command: pre_exec runs in the new process, in order, and its error is that of spawn") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      int touched = 0;
      Command command = shell("umask");
      command.pre_exec([&touched]() -> Result<void> {
        ++touched;
        ::umask(0022);
        return {};
      });
      command.pre_exec([]() -> Result<void> {
        ::umask(::umask(0) | 0005);
        return {};
      });
      CHECK(co_await said(std::move(command)) == "0027\n");
      CHECK(touched == 0);  // the hook's memory is not ours

      Command failing("true");
      failing.pre_exec([]() -> Result<void> { return Error::from_os(EADDRINUSE); });
      CHECK(failing.spawn().error().message() == "spawn true: pre_exec: address in use");
    });
  });
}

TEST_CASE("PR1: command: output reads both pipes at once, and no more than it may") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      // Each more than a pipe holds, one after the other.
      const auto output =
          co_await shell("head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; exit 3").output(300'000);
      REQUIRE(output);
      CHECK(output->stdout.size() == 300'000);
      CHECK(output->stderr.size() == 300'000);
      CHECK(output->status.code() == 3);
      CHECK((co_await shell("head -c 300000 /dev/zero").output(299'999)).error() == Errc::TooLarge);
      CHECK((co_await shell("yes").output(1000)).error() == Errc::TooLarge);  // killed, or it would go on for ever
      CHECK((co_await Command("cat").output(10)).value().stdout.empty());     // reads nothing of ours
    });
  });
}

TEST_CASE("PR1: command: one command starts several programs") {
  const runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  runtime.block_on([]() -> Task<void> {
    std::vector<JoinHandle<void>> tasks;
    for (int i = 0; i < 16; ++i) {
      tasks.push_back(spawn([i]() -> Task<void> {
        const Command command = shell("exit " + std::to_string(i));
        for (int k = 0; k < 3; ++k) CHECK((co_await command.status()).value().code() == i);
      }));
    }
    for (auto& task : tasks) (co_await task).value();
  });
}
