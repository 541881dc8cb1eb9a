#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/driver.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/base/unique_fd.h>

#include "support/open_descriptors.h"

namespace {

using namespace rondeau::base;
using namespace std::chrono_literals;

struct Pair {
  Pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    near.reset(ends[0]);
    far.reset(ends[1]);
  }
  UniqueFd near;
  UniqueFd far;
};

std::unique_ptr<Poller> make_poller(std::size_t batch = 16) {
  return kernel_driver().make_poller(batch).value();
}

std::uint32_t ready_of(std::span<const PollEvent> events, std::uint64_t token) {
  std::uint32_t ready = 0;
  for (const PollEvent& event : events) {
    if (event.token == token) ready |= event.ready;
  }
  return ready;
}

TEST_CASE("base: sockets of the kernel's driver are non-blocking and close-on-exec from birth, accepted ones too") {
  Driver& driver = kernel_driver();
  UniqueFd listener(driver.socket(AF_INET, SOCK_STREAM, 0).value());
  sockaddr_storage address;
  socklen_t size = SocketAddress(IpAddress::loopback_v4(), 0).to_system(address);
  REQUIRE(driver.bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size));
  REQUIRE(driver.listen(listener.get(), 1));
  REQUIRE(driver.local_address(listener.get(), reinterpret_cast<sockaddr*>(&address), &size));
  UniqueFd client(driver.socket(AF_INET, SOCK_STREAM, 0).value());
  auto connected = driver.connect(client.get(), reinterpret_cast<sockaddr*>(&address), size);
  CHECK((connected || connected.error() == Errc::WouldBlock));

  auto poller = make_poller();
  REQUIRE(poller->add(listener.get(), 1));
  while ((ready_of(poller->wait(1s), 1) & PollEvent::Readable) == 0) {
  }
  UniqueFd accepted(driver.accept(listener.get(), nullptr, nullptr).value());
  for (const UniqueFd* fd : {&listener, &client, &accepted}) {
    CHECK((::fcntl(fd->get(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(driver.accept(listener.get(), nullptr, nullptr).error() == Errc::WouldBlock);
}

TEST_CASE("base: writing to a peer that is gone is an error, not a signal") {
  Pair pair;
  pair.far.reset();
  const std::array<std::byte, 1> byte{};
  const ConstBuffer buffer{std::span<const std::byte>(byte)};
  CHECK(kernel_driver().send(pair.near.get(), byte).error() == Errc::BrokenPipe);
  CHECK(kernel_driver().send_vectored(pair.near.get(), {&buffer, 1}).error() == Errc::BrokenPipe);
}

TEST_CASE("base: more buffers than the system takes at once are cut, not refused") {
  Pair pair;
  const std::array<std::byte, 1> byte{};
  const std::vector<ConstBuffer> buffers(2000, ConstBuffer(std::span<const std::byte>(byte)));
  CHECK(kernel_driver().send_vectored(pair.near.get(), buffers).value() == 1024);
}

TEST_CASE("base: the driver gives random bytes, a clock that does not go back, and the time of day") {
  std::array<std::byte, 1000> first{};
  std::array<std::byte, 1000> second{};
  kernel_driver().random(first);
  kernel_driver().random(second);
  CHECK(first != second);
  const Instant before = kernel_driver().now();
  CHECK(kernel_driver().now() >= before);
  CHECK(kernel_driver().wall_clock() > 1'600'000'000'000'000'000);
}

TEST_CASE("base: a poller tells a change once") {
  Pair pair;
  auto poller = make_poller();
  REQUIRE(poller->add(pair.near.get(), 7));
  CHECK(ready_of(poller->wait(Duration::zero()), 7) == PollEvent::Writable);
  CHECK(poller->wait(Duration::zero()).empty());
  REQUIRE(::write(pair.far.get(), "x", 1) == 1);
  CHECK((ready_of(poller->wait(5s), 7) & PollEvent::Readable) != 0);
  CHECK(poller->wait(Duration::zero()).empty());
}

TEST_CASE("base: a poller tells half-closed from closed") {
  Pair pair;
  auto poller = make_poller();
  REQUIRE(poller->add(pair.near.get(), 7));
  REQUIRE(::shutdown(pair.far.get(), SHUT_WR) == 0);
  std::uint32_t ready = ready_of(poller->wait(5s), 7);
  CHECK((ready & (PollEvent::ReadClosed | PollEvent::WriteClosed)) == PollEvent::ReadClosed);
  pair.far.reset();
  ready = ready_of(poller->wait(5s), 7);
  CHECK((ready & PollEvent::ReadClosed) != 0);
  CHECK((ready & PollEvent::WriteClosed) != 0);
}

TEST_CASE("base: a wake ends the present wait of a poller, or the next one") {
  auto poller = make_poller();
  poller->wake();
  CHECK(poller->wait(std::nullopt).empty());
  poller->wake();
  poller->wake();
  CHECK(poller->wait(std::nullopt).empty());
  std::thread waker([&] { poller->wake(); });
  CHECK(poller->wait(std::nullopt).empty());
  waker.join();
}

TEST_CASE("base: a wait with a deadline does not end before it") {
  auto poller = make_poller();
  for (Duration timeout : {Duration(1500us), Duration(3ms)}) {
    const Instant begin = kernel_driver().now();
    CHECK(poller->wait(timeout).empty());
    CHECK(kernel_driver().now() - begin >= timeout);
  }
}

TEST_CASE("base: no event names a descriptor after it was removed, also where a duplicate keeps it alive") {
  Pair pair;
  UniqueFd duplicate(::dup(pair.near.get()));
  auto poller = make_poller();
  REQUIRE(poller->add(pair.near.get(), 7));
  poller->remove(pair.near.get());
  pair.near.reset();
  REQUIRE(::write(pair.far.get(), "x", 1) == 1);
  CHECK(poller->wait(Duration::zero()).empty());
}

TEST_CASE("base: a wait returns at most a batch of events, and the rest next time") {
  auto poller = make_poller(2);
  std::vector<Pair> pairs(5);
  for (std::size_t i = 0; i < pairs.size(); ++i) REQUIRE(poller->add(pairs[i].near.get(), i));
  std::size_t told = 0;
  while (true) {
    const auto events = poller->wait(Duration::zero());
    if (events.empty()) break;
    CHECK(events.size() <= 2);
    told += events.size();
  }
  CHECK(told == 5);
}

TEST_CASE("base: a regular file cannot be polled") {
  auto poller = make_poller();
  UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  CHECK(poller->add(file.get(), 1).error() == Errc::PermissionDenied);
}

TEST_CASE("base: a poller gives its descriptors back") {
  const auto before = support::open_descriptors();
  make_poller();
  CHECK(support::open_descriptors() == before);
}

}  // namespace
