#include <rondeau/io/async_fd.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/base/unique_fd.h>
#include <rondeau/task/task.h>

#include "support/hand_runtime.h"

namespace {

using namespace rondeau;
using base::UniqueFd;
using io::AsyncFd;
using io::Interest;
using support::HandRuntime;

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    reading.reset(ends[0]);
    writing.reset(ends[1]);
  }
  void send() { REQUIRE(::write(writing.get(), "x", 1) == 1); }
  UniqueFd reading;
  UniqueFd writing;
};

Result<char> read_byte(const UniqueFd& fd) {
  char byte = 0;
  const ssize_t count = ::read(fd.get(), &byte, 1);
  if (count < 0) return Error::from_os(errno);
  if (count == 0) return Errc::UnexpectedEof;
  return byte;
}

TEST_CASE("IO13: io: any descriptor that can be polled is waited for, and a cleared one is waited for again") {
  HandRuntime runtime;
  Pipe pipe;
  auto fd = AsyncFd<UniqueFd>::make(std::move(pipe.reading)).value();
  int rounds = 0;
  auto reading = runtime.spawn([&]() -> Task<void> {
    while (rounds < 3) {
      auto guard = co_await fd.readable();
      if (!guard) co_return;
      if (guard->try_io([&] { return read_byte(fd.inner()); })) ++rounds;
    }
  });
  for (int i = 1; i <= 3; ++i) {
    runtime.run_ready();
    CHECK_FALSE(reading.is_finished());
    pipe.send();
    CHECK(runtime.run_until([&] { return rounds == i; }));
  }
  CHECK(runtime.run_until([&] { return reading.is_finished(); }));
}

TEST_CASE("IO13: io: clearing a guard loses no edge that came after the wait ended") {
  HandRuntime runtime;
  Pipe pipe;
  auto fd = AsyncFd<UniqueFd>::make(std::move(pipe.reading)).value();
  pipe.send();
  runtime.block_on([&]() -> Task<void> {
    auto guard = co_await fd.readable();
    CHECK(guard);
    CHECK(read_byte(fd.inner()));
    pipe.send();
    runtime.reactor().turn(std::chrono::seconds(5));
    guard->clear_ready();
    CHECK(co_await fd.readable());
    CHECK(read_byte(fd.inner()));
  });
}

TEST_CASE("IO13: io: a closed peer is seen as such until the end") {
  HandRuntime runtime;
  Pipe pipe;
  auto fd = AsyncFd<UniqueFd>::make(std::move(pipe.reading)).value();
  pipe.writing.reset();
  runtime.block_on([&]() -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      auto guard = co_await fd.ready(Interest::readable() | Interest::error());
      CHECK(guard->ready().is_read_closed());
      guard->clear_ready();
    }
  });
}

TEST_CASE("IO13: io: what was reported before a request is forgotten, and the end of the peer is not") {
  HandRuntime runtime;
  Pipe pipe;
  auto fd = AsyncFd<UniqueFd>::make(std::move(pipe.reading)).value();
  pipe.send();
  runtime.block_on([&]() -> Task<void> { CHECK(co_await fd.readable()); });
  fd.clear_ready(Interest::readable());
  bool reported = false;
  auto waiting = runtime.spawn([&]() -> Task<void> { reported = (co_await fd.readable()).has_value(); });
  runtime.run_ready();
  CHECK_FALSE(reported);  // the byte is still there, and was told of before
  pipe.send();
  CHECK(runtime.run_until([&] { return reported; }));
  CHECK(runtime.run_until([&] { return waiting.is_finished(); }));
  pipe.writing.reset();
  runtime.block_on([&]() -> Task<void> { CHECK((co_await fd.ready(Interest::error() | Interest::readable())).has_value()); });
  runtime.reactor().turn(std::chrono::seconds(5));
  fd.clear_ready(Interest::readable());
  CHECK((runtime.block_on([&]() -> Task<bool> { co_return (co_await fd.readable())->ready().is_read_closed(); })));
}

TEST_CASE("IO13: io: async_io repeats a call until it would not wait, try_io calls once") {
  HandRuntime runtime;
  Pipe pipe;
  auto fd = AsyncFd<UniqueFd>::make(std::move(pipe.reading)).value();
  auto call = [&] { return read_byte(fd.inner()); };
  CHECK(fd.try_io(Interest::readable(), call).error() == Errc::WouldBlock);
  auto reading =
      runtime.spawn([&]() -> Task<char> { co_return (co_await fd.async_io(Interest::readable(), call)).value(); });
  runtime.run_ready();
  CHECK_FALSE(reading.is_finished());
  pipe.send();
  CHECK(runtime.run_until([&] { return reading.is_finished(); }));
}

TEST_CASE("IO13: io: a regular file is refused") {
  HandRuntime runtime;
  UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  CHECK(AsyncFd<UniqueFd>::make(std::move(file)).error().os_error() == EPERM);
}

TEST_CASE("IO13: io: releasing the owner leaves its descriptor open and unregistered") {
  HandRuntime runtime;
  Pipe pipe;
  auto fd = AsyncFd<UniqueFd>::make(std::move(pipe.reading)).value();
  CHECK(runtime.reactor().registered() == 1);
  const UniqueFd released = std::move(fd).release();
  CHECK(runtime.reactor().registered() == 0);
  CHECK(::fcntl(released.get(), F_GETFD) >= 0);
}

/// Says how many descriptors are registered when it closes its own.
struct WatchedOwner {
  UniqueFd fd;
  HandRuntime* runtime = nullptr;
  std::size_t* registered_at_close = nullptr;
  WatchedOwner(UniqueFd owned, HandRuntime& where, std::size_t& told)
      : fd(std::move(owned)), runtime(&where), registered_at_close(&told) {}
  WatchedOwner(WatchedOwner&&) noexcept = default;
  ~WatchedOwner() {
    if (fd.get() >= 0) *registered_at_close = runtime->reactor().registered();
  }
  int get() const noexcept { return fd.get(); }
};

TEST_CASE("IO13: io: an AsyncFd deregisters before its owner closes the descriptor") {
  HandRuntime runtime;
  Pipe pipe;
  std::size_t registered_at_close = 99;
  {
    auto fd = AsyncFd<WatchedOwner>::make({std::move(pipe.reading), runtime, registered_at_close}).value();
    CHECK(runtime.reactor().registered() == 1);
  }
  CHECK(registered_at_close == 0);
}

TEST_CASE("IO13: io: clear_ready_matching forgets what it names, retain_ready nothing") {
  HandRuntime runtime;
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd peer(ends[1]);
  auto fd = AsyncFd<UniqueFd>::make(UniqueFd(ends[0])).value();
  REQUIRE(::send(peer.get(), "x", 1, 0) == 1);
  runtime.block_on([&]() -> Task<void> {
    CHECK(co_await fd.readable());
    auto guard = co_await fd.ready(Interest::readable() | Interest::writable());
    CHECK(guard->ready() == (io::Ready::readable() | io::Ready::writable()));
    guard->retain_ready();
    CHECK((co_await fd.ready(Interest::readable() | Interest::writable()))->ready() == guard->ready());
    guard->clear_ready_matching(io::Ready::readable());
    CHECK(guard->ready() == io::Ready::writable());
    CHECK((co_await fd.ready(Interest::readable() | Interest::writable()))->ready() == io::Ready::writable());
  });
  auto again = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await fd.readable()); });
  runtime.run_ready();
  CHECK_FALSE(again.is_finished());
  REQUIRE(::send(peer.get(), "y", 1, 0) == 1);
  CHECK(runtime.run_until([&] { return again.is_finished(); }));
}

TEST_CASE("IO13: io: writability is waited for, and that nobody reads any more stays") {
  HandRuntime runtime;
  Pipe pipe;
  auto fd = AsyncFd<UniqueFd>::make(std::move(pipe.writing)).value();
  const std::string much(4096, 'x');
  const auto fill = [&]() -> Result<std::size_t> {
    const ssize_t count = ::write(fd.inner().get(), much.data(), much.size());
    if (count < 0) return Error::from_os(errno);
    return static_cast<std::size_t>(count);
  };
  runtime.block_on([&]() -> Task<void> { CHECK(co_await fd.writable()); });
  while (fd.try_io(Interest::writable(), fill)) {
  }
  auto waiting = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await fd.writable()); });
  runtime.run_ready();
  CHECK_FALSE(waiting.is_finished());
  pipe.reading.reset();
  CHECK(runtime.run_until([&] { return waiting.is_finished(); }));
  runtime.block_on([&]() -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      auto guard = co_await fd.ready(Interest::writable() | Interest::error());
      CHECK(guard->ready().is_write_closed());
      CHECK(guard->ready().is_error());
      guard->clear_ready();
    }
  });
}

TEST_CASE("IO13: io: urgent data is a priority, and not every byte is") {
  HandRuntime runtime;
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener.get(), generic, size) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  REQUIRE(::getsockname(listener.get(), generic, &size) == 0);
  const UniqueFd peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(peer.get(), generic, size) == 0);
  auto fd = AsyncFd<UniqueFd>::make(UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK))).value();
  auto urgent = runtime.spawn([&]() -> Task<void> {
    auto guard = co_await fd.ready(Interest::priority());
    CHECK(guard->ready().is_priority());
  });
  REQUIRE(::send(peer.get(), "x", 1, 0) == 1);
  runtime.block_on([&]() -> Task<void> { CHECK((co_await fd.readable())->ready().is_readable()); });
  CHECK_FALSE(urgent.is_finished());
  REQUIRE(::send(peer.get(), "!", 1, MSG_OOB) == 1);
  CHECK(runtime.run_until([&] { return urgent.is_finished(); }));
}

TEST_CASE("IO13: io: a wait that is destroyed leaves readiness to the next") {
  HandRuntime runtime;
  Pipe pipe;
  auto fd = AsyncFd<UniqueFd>::make(std::move(pipe.reading)).value();
  auto aborted = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await fd.readable()); });
  runtime.run_ready();
  pipe.send();
  runtime.reactor().turn(std::chrono::seconds(5));  // woken, and aborted before it runs
  aborted.abort();
  runtime.run_ready();
  runtime.block_on([&]() -> Task<void> {
    CHECK((co_await fd.async_io(Interest::readable(), [&] { return read_byte(fd.inner()); })).value() == 'x');
  });
}

TEST_CASE("IO13: io: a FIFO that finds another writer is waited for again") {
  HandRuntime runtime;
  const std::string path = "/tmp/rondeau-fifo-" + std::to_string(::getpid());
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  UniqueFd reading(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  UniqueFd writing(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  ::unlink(path.c_str());
  const std::string again = "/proc/self/fd/" + std::to_string(reading.get());
  auto fifo = AsyncFd<UniqueFd>::make(std::move(reading)).value();
  const auto read_one = [&fifo]() -> Result<std::size_t> {
    char byte = 0;
    const ssize_t count = ::read(fifo.inner().get(), &byte, 1);
    if (count < 0) return Error::from_os(errno);
    return static_cast<std::size_t>(count);
  };
  writing.reset();
  auto closed = runtime.spawn(
      [&]() -> Task<void> { CHECK((co_await fifo.async_io(Interest::readable(), read_one)).value() == 0); });
  REQUIRE(runtime.run_until([&] { return closed.is_finished(); }));

  writing.reset(::open(again.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(writing.get() >= 0);
  auto reopened = runtime.spawn(
      [&]() -> Task<void> { CHECK((co_await fifo.async_io(Interest::readable(), read_one)).value() == 1); });
  runtime.run_ready();  // comes back, though nothing is there to be read
  CHECK_FALSE(reopened.is_finished());
  REQUIRE(::write(writing.get(), "x", 1) == 1);
  CHECK(runtime.run_until([&] { return reopened.is_finished(); }));
}

}  // namespace
