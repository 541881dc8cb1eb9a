#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
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

/// As a reactor waits: a wait may end early with nothing, and never without end.
std::chrono::nanoseconds wait_for(Poller& poller, std::chrono::nanoseconds span, int& waits) {
  const auto begin = std::chrono::steady_clock::now();
  for (auto spent = 0ns; spent < span; spent = std::chrono::steady_clock::now() - begin) {
    ++waits;
    poller.wait(span - spent);
  }
  return std::chrono::steady_clock::now() - begin;
}

TEST_CASE("base: far deadlines share an alarm, and each is kept") {
  auto poller = make_poller();
  poller->wake();
  CHECK(poller->wait(1h).empty());  // at once; the alarm stays set
  int waits = 0;
  CHECK(wait_for(*poller, 1050ms, waits) < 30min);  // nearer than the alarm
  CHECK(waits <= 3);
  poller->wake();
  CHECK(poller->wait(1s).empty());
  waits = 0;
  CHECK(wait_for(*poller, 1200ms, waits) < 30min);  // further than the alarm, which ends the first wait
  CHECK(waits >= 2);
  CHECK(waits <= 4);
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

/// Two connected datagram sockets of the Unix kind.
struct DatagramPair {
  DatagramPair() {
    const auto ends = kernel_driver().socket_pair(AF_UNIX, SOCK_DGRAM, 0).value();
    near.reset(ends[0]);
    far.reset(ends[1]);
  }
  UniqueFd near;
  UniqueFd far;
};

TEST_CASE("base: both ends of a socket pair and of a pipe are non-blocking and close-on-exec from birth") {
  for (const auto& ends :
       {kernel_driver().socket_pair(AF_UNIX, SOCK_STREAM, 0).value(), kernel_driver().pipe().value()}) {
    for (int end : ends) {
      const UniqueFd owner(end);
      CHECK((::fcntl(end, F_GETFL) & O_NONBLOCK) != 0);
      CHECK((::fcntl(end, F_GETFD) & FD_CLOEXEC) != 0);
    }
  }
}

TEST_CASE("base: a pipe is read into several buffers, ends with its writer, and is broken without a reader") {
  auto ends = kernel_driver().pipe().value();
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  std::array<std::byte, 2> first{};
  std::array<std::byte, 8> second{};
  const MutableBuffer room[] = {std::span<std::byte>(first), std::span<std::byte>(second)};
  CHECK(kernel_driver().read(reader.get(), room).error() == Errc::WouldBlock);
  const ConstBuffer text[] = {std::string_view("abc"), std::string_view("de")};
  CHECK(kernel_driver().write(writer.get(), text).value() == 5);
  CHECK(kernel_driver().read(reader.get(), room).value() == 5);
  CHECK(second[2] == std::byte{'e'});
  writer.reset();
  CHECK(kernel_driver().read(reader.get(), room).value() == 0);

  ends = kernel_driver().pipe().value();
  writer.reset(ends[1]);
  ::close(ends[0]);
  CHECK(kernel_driver().write(writer.get(), text).error() == Errc::BrokenPipe);
}

TEST_CASE("base: a part of a file goes to a socket, its end is 0, and a peer that left raises no signal") {
  Pair pair;
  std::FILE* temporary = std::tmpfile();
  REQUIRE(temporary != nullptr);
  std::fputs("0123456789", temporary);
  std::fflush(temporary);
  const int file = ::fileno(temporary);
  CHECK(kernel_driver().send_file(pair.near.get(), file, 2, 3).value() == 3);
  CHECK(kernel_driver().send_file(pair.near.get(), file, 8, 100).value() == 2);
  CHECK(kernel_driver().send_file(pair.near.get(), file, 10, 100).value() == 0);
  std::array<std::byte, 8> got{};
  CHECK(kernel_driver().receive(pair.far.get(), got, 0).value() == 5);
  CHECK(got[0] == std::byte{'2'});
  CHECK(got[4] == std::byte{'9'});
  CHECK_FALSE(kernel_driver().send_file(pair.near.get(), file, ~std::uint64_t{0}, 1).has_value());
  pair.far.reset();
  CHECK(kernel_driver().send_file(pair.near.get(), file, 0, 1).error() == Errc::BrokenPipe);
  std::fclose(temporary);
}

TEST_CASE("base: several datagrams go and come in one call each, and one that is cut says so") {
  DatagramPair pair;
  std::array<std::byte, 6> bytes{};
  OutgoingMessage out[] = {{.bytes = std::span(bytes).first(1)}, {.bytes = std::span(bytes)}, {.bytes = {}}};
  CHECK(kernel_driver().send_messages(pair.near.get(), out).value() == 3);
  CHECK(out[1].sent == 6);
  std::array<std::array<std::byte, 4>, 5> room;
  std::vector<IncomingMessage> in;
  for (auto& each : room) in.push_back({.room = each});
  CHECK(kernel_driver().receive_messages(pair.far.get(), in, 0).value() == 3);
  CHECK(in[0].received == 1);
  CHECK_FALSE(in[0].truncated);
  CHECK(in[1].received == 4);
  CHECK(in[1].truncated);
  CHECK(in[2].received == 0);
  CHECK(kernel_driver().receive_messages(pair.far.get(), in, 0).error() == Errc::WouldBlock);
  CHECK(kernel_driver().receive_messages(pair.far.get(), {}, 0).value() == 0);
}

TEST_CASE("base: more messages than the system takes at once are cut, not refused") {
  UniqueFd socket(kernel_driver().socket(AF_INET, SOCK_DGRAM, 0).value());
  sockaddr_storage address;
  socklen_t size = SocketAddress(IpAddress::loopback_v4(), 0).to_system(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(kernel_driver().bind(socket.get(), plain, size));
  REQUIRE(kernel_driver().local_address(socket.get(), plain, &size));
  std::vector<OutgoingMessage> out(2000, OutgoingMessage{.bytes = {}, .to = plain, .to_size = size});
  const std::size_t sent = kernel_driver().send_messages(socket.get(), out).value();
  CHECK(sent > 1);
  CHECK(sent < 2000);
}

TEST_CASE("base: descriptors that come are close-on-exec, and one too many closes them all") {
  for (std::size_t count = 1; count <= 4; ++count) {
    for (std::size_t room = 0; room <= 5; ++room) {
      CAPTURE(count);
      CAPTURE(room);
      DatagramPair pair;
      const auto before = support::open_descriptors();
      const std::vector<int> given(count, pair.near.get());
      std::array<std::byte, 1> byte{};
      OutgoingMessage out[] = {{.bytes = byte, .descriptors = given}, {.bytes = byte}};
      // One with descriptors goes alone.
      REQUIRE(kernel_driver().send_messages(pair.near.get(), out).value() == 1);
      std::vector<int> taken(room);
      IncomingMessage in[] = {{.room = byte, .descriptors = taken}};
      auto received = kernel_driver().receive_messages(pair.far.get(), in, 0);
      if (room > 0 && room < count) {
        REQUIRE_FALSE(received);
        CHECK(received.error() == Errc::TooLarge);
        CHECK(support::open_descriptors() == before);
        continue;
      }
      REQUIRE(received);
      CHECK(in[0].descriptors_received == (room == 0 ? 0 : count));
      for (int descriptor : std::span(taken).first(in[0].descriptors_received)) {
        CHECK((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
        ::close(descriptor);
      }
      CHECK(support::open_descriptors() == before);
    }
  }
}

TEST_CASE("base: the kernel's driver looks up names of hosts, each address once, and tells those that nobody has") {
  const auto found = kernel_driver().look_up("localhost", 80).value();
  REQUIRE_FALSE(found.empty());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i].ip().is_loopback());
    CHECK(found[i].port() == 80);
    for (std::size_t j = 0; j < i; ++j) CHECK(found[i] != found[j]);
  }
  CHECK(kernel_driver().look_up(std::string("localhost\0x", 11), 80).error() == Errc::InvalidArgument);
  CHECK(kernel_driver().look_up("", 80).error() == Errc::NotFound);
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
