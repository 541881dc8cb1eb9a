#include <rondeau/net/udp_socket.h>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/counting_driver.h"
#include "support/hand_runtime.h"
#include "support/open_descriptors.h"

namespace {

using namespace rondeau;
using net::DatagramRoom;
using net::DatagramTo;
using net::UdpSocket;
using support::HandRuntime;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Two sockets on the loopback interface. Tasks end before them.
struct Sockets {
  explicit Sockets(base::Driver& driver = base::kernel_driver()) : runtime(driver) {}
  ~Sockets() { runtime.end_tasks(); }

  void send(std::string_view text) {
    runtime.block_on(
        [&]() -> Task<void> { CHECK((co_await near.send_to(bytes_of(text), far_address)).value() == text.size()); });
  }
  std::string recv(const UdpSocket& socket) {
    return runtime.block_on([&]() -> Task<std::string> {
      std::array<std::byte, 64> room;
      auto datagram = co_await socket.recv(room);
      if (!datagram) co_return datagram.error().message();
      co_return text_of(std::span(room).first(datagram->size));
    });
  }

  HandRuntime runtime;
  UdpSocket near = UdpSocket::bind("127.0.0.1:0").value();
  UdpSocket far = UdpSocket::bind("127.0.0.1:0").value();
  SocketAddress near_address = near.local_addr().value();
  SocketAddress far_address = far.local_addr().value();
};

SocketAddress nobody() {
  return UdpSocket::bind("127.0.0.1:0").value().local_addr().value();
}

TEST_CASE("NE4: net: a datagram arrives whole, with its sender's address, and is answered") {
  Sockets sockets;
  sockets.runtime.block_on([&]() -> Task<void> {
    CHECK((co_await sockets.near.send_to(bytes_of("question"), sockets.far_address)).value() == 8);
    std::array<std::byte, 64> room;
    auto got = (co_await sockets.far.recv_from(room)).value();
    CHECK(text_of(std::span(room).first(got.size)) == "question");
    CHECK_FALSE(got.truncated);
    CHECK(got.from == sockets.near_address);
    CHECK((co_await sockets.far.send_to(bytes_of("answer"), got.from)).value() == 6);
    CHECK((co_await sockets.near.recv(room)).value().size == 6);
  });
}

TEST_CASE("NE4: net: a datagram longer than its room is cut and flagged, and the next one is whole") {
  Sockets sockets;
  sockets.send("too long");
  sockets.send("also long");
  sockets.send("fits");
  sockets.runtime.block_on([&]() -> Task<void> {
    std::array<std::byte, 4> room;
    auto cut = (co_await sockets.far.peek(room)).value();
    CHECK(cut.size == 4);
    CHECK(cut.truncated);
    cut = (co_await sockets.far.recv(room)).value();
    CHECK(cut.size == 4);
    CHECK(cut.truncated);
    CHECK(text_of(room) == "too ");
    auto cut_from = (co_await sockets.far.recv_from(room)).value();
    CHECK(cut_from.size == 4);
    CHECK(cut_from.truncated);
    auto whole = (co_await sockets.far.recv(room)).value();
    CHECK(whole.size == 4);
    CHECK_FALSE(whole.truncated);
  });
}

TEST_CASE("NE4: net: an empty datagram is one, and an empty room takes one") {
  Sockets sockets;
  sockets.send("");
  sockets.send("x");
  sockets.send("end");
  sockets.runtime.block_on([&]() -> Task<void> {
    std::array<std::byte, 4> room;
    auto empty = (co_await sockets.far.recv(room)).value();
    CHECK(empty.size == 0);
    CHECK_FALSE(empty.truncated);
    auto cut = (co_await sockets.far.recv({})).value();
    CHECK(cut.size == 0);
    CHECK(cut.truncated);
  });
  CHECK(sockets.recv(sockets.far) == "end");
}

TEST_CASE("NE4: net: what is peeked at is received again") {
  Sockets sockets;
  sockets.send("look");
  sockets.runtime.block_on([&]() -> Task<void> {
    std::array<std::byte, 16> room;
    CHECK((co_await sockets.far.peek(room)).value().size == 4);
    CHECK((co_await sockets.far.peek_from(room)).value().from == sockets.near_address);
    CHECK(sockets.far.try_peek(room).value().size == 4);
    CHECK(sockets.far.try_peek_from(room).value().size == 4);
  });
  CHECK(sockets.recv(sockets.far) == "look");
}

TEST_CASE("NE4: net: a connected socket hears its peer only, and sends to it") {
  Sockets sockets;
  UdpSocket stranger = UdpSocket::bind("127.0.0.1:0").value();
  CHECK(sockets.near.peer_addr().error() == Errc::NotConnected);
  REQUIRE(sockets.near.connect(sockets.far_address));
  CHECK(sockets.near.peer_addr().value() == sockets.far_address);
  sockets.runtime.block_on([&]() -> Task<void> {
    CHECK((co_await stranger.send_to(bytes_of("stranger"), sockets.near_address)).value() == 8);
    CHECK((co_await sockets.far.send_to(bytes_of("peer"), sockets.near_address)).value() == 4);
    CHECK((co_await sockets.near.send(bytes_of("back"))).value() == 4);
  });
  CHECK(sockets.recv(sockets.near) == "peer");
  CHECK(sockets.recv(sockets.far) == "back");
}

TEST_CASE("NE4: net: that nobody listens is the error of a receive that waits, once") {
  Sockets sockets;
  REQUIRE(sockets.near.connect(nobody()));
  auto receiving = sockets.runtime.spawn([&]() -> Task<Errc> {
    std::array<std::byte, 4> room;
    co_return (co_await sockets.near.recv(room)).error().code();
  });
  sockets.runtime.run_ready();
  CHECK_FALSE(receiving.is_finished());
  REQUIRE(sockets.near.try_send(bytes_of("anybody?")));
  CHECK(sockets.runtime.block_on([&]() -> Task<Errc> { co_return (co_await std::move(receiving)).value(); }) ==
        Errc::ConnectionRefused);
  std::array<std::byte, 4> room;
  CHECK(sockets.near.try_recv(room).error() == Errc::WouldBlock);
  CHECK(sockets.near.take_error());

  // It works on with somebody who listens, and a wait is a wait again.
  REQUIRE(sockets.near.connect(sockets.far_address));
  auto waiting = sockets.runtime.spawn([&]() -> Task<void> { co_await sockets.near.readable(); });
  sockets.runtime.run_ready();
  CHECK_FALSE(waiting.is_finished());
  REQUIRE(sockets.far.try_send_to(bytes_of("yes"), sockets.near_address));
  CHECK(sockets.recv(sockets.near) == "yes");
  CHECK(sockets.runtime.run_until([&] { return waiting.is_finished(); }));
}

TEST_CASE("NE4: net: that nobody listens is the error of a send, once") {
  Sockets sockets;
  REQUIRE(sockets.near.connect(nobody()));
  REQUIRE(sockets.near.try_send(bytes_of("anybody?")));
  sockets.runtime.block_on([&]() -> Task<void> { co_await sockets.near.readable(); });
  CHECK(sockets.near.try_send(bytes_of("hello?")).error() == Errc::ConnectionRefused);
  CHECK(sockets.near.try_send(bytes_of("hello?")).value() == 6);
}

TEST_CASE("NE4: net: a datagram that cannot travel in one piece is too large") {
  Sockets sockets;
  const std::string huge(70'000, 'x');
  CHECK(sockets.near.try_send_to(bytes_of(huge), sockets.far_address).error() == Errc::TooLarge);
}

TEST_CASE("NE4: net: many datagrams are received and sent by one system call each") {
  support::CountingDriver driver;
  Sockets sockets(driver);
  const std::string_view texts[] = {"one", "two", "", "a long one", "five"};
  std::vector<DatagramTo> out;
  for (std::string_view text : texts) out.push_back({.bytes = bytes_of(text), .to = sockets.far_address});
  driver.sends = 0;
  driver.receives = 0;
  std::array<std::array<std::byte, 5>, 8> memory;
  std::vector<DatagramRoom> rooms;
  for (auto& each : memory) rooms.push_back({.room = each});
  sockets.runtime.block_on([&]() -> Task<void> {
    CHECK((co_await sockets.near.send_many(out)).value() == 5);
    co_await sockets.far.readable();
    CHECK((co_await sockets.far.recv_many(rooms)).value() == 5);
  });
  CHECK(driver.sends == 1);
  CHECK(driver.receives == 1);
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(text_of(rooms[i].bytes()) == texts[i].substr(0, 5));
    CHECK(rooms[i].truncated == (texts[i].size() > 5));
    CHECK(rooms[i].from == sockets.near_address);
  }
  CHECK(sockets.far.try_recv_many(rooms).error() == Errc::WouldBlock);

  REQUIRE(sockets.near.connect(sockets.far_address));
  out.assign(100, DatagramTo{.bytes = bytes_of("x")});
  const std::size_t sent = sockets.near.try_send_many(out).value();
  CHECK(sent > 1);
  CHECK(sent < 100);
  CHECK(sockets.near.try_send_many({}).value() == 0);
  CHECK(sockets.far.try_recv_many({}).value() == 0);
}

TEST_CASE("NE4: net: a receive destroyed while it waits, or after it was woken, leaves the datagram in the queue") {
  for (int which = 0; which < 5; ++which) {
    for (bool woken : {false, true}) {
      CAPTURE(which);
      CAPTURE(woken);
      Sockets sockets;
      std::array<std::byte, 16> room;
      std::array<DatagramRoom, 2> rooms{{{.room = room}, {.room = room}}};
      auto receiving = sockets.runtime.spawn([&]() -> Task<void> {
        switch (which) {
          case 0:
            static_cast<void>(co_await sockets.far.recv(room));
            break;
          case 1:
            static_cast<void>(co_await sockets.far.recv_from(room));
            break;
          case 2:
            static_cast<void>(co_await sockets.far.recv_many(rooms));
            break;
          case 3:
            static_cast<void>(co_await sockets.far.peek(room));
            break;
          default:
            co_await sockets.far.readable();
            break;
        }
      });
      sockets.runtime.run_ready();
      if (woken) {
        REQUIRE(sockets.near.try_send_to(bytes_of("kept"), sockets.far_address));
        while (sockets.runtime.reactor().turn(std::chrono::seconds(5)) == 0) {
        }
      }
      receiving.abort();
      sockets.runtime.run_ready();
      REQUIRE(receiving.is_finished());
      if (!woken) REQUIRE(sockets.near.try_send_to(bytes_of("kept"), sockets.far_address));
      CHECK(sockets.recv(sockets.far) == "kept");
    }
  }
}

TEST_CASE("NE4: net: several tasks receive from one socket, each a datagram of its own") {
  Sockets sockets;
  std::vector<std::string> got;
  for (int i = 0; i < 4; ++i) {
    sockets.runtime
        .spawn([&]() -> Task<void> {
          std::array<std::byte, 16> room;
          auto datagram = co_await sockets.far.recv(room);
          if (datagram) got.push_back(text_of(std::span(room).first(datagram->size)));
        })
        .detach();
  }
  sockets.runtime.run_ready();
  for (const char* text : {"0", "1", "2", "3"}) sockets.send(text);
  REQUIRE(sockets.runtime.run_until([&] { return got.size() == 4; }));
  std::ranges::sort(got);
  CHECK(got == std::vector<std::string>{"0", "1", "2", "3"});
}

TEST_CASE("NE4: net: system calls of one's own wait for what they need") {
  Sockets sockets;
  const int fd = sockets.far.fd();
  auto call = [fd]() -> Result<std::size_t> {
    char buffer[16];
    const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
    if (count < 0) return Error::from_os(errno);
    return static_cast<std::size_t>(count);
  };
  auto receiving = sockets.runtime.spawn([&]() -> Task<std::size_t> {
    co_return (co_await sockets.far.async_io(io::Interest::readable(), call)).value();
  });
  sockets.runtime.run_ready();
  CHECK_FALSE(receiving.is_finished());
  CHECK(sockets.far.try_io(io::Interest::readable(), call).error() == Errc::WouldBlock);
  sockets.send("four");
  CHECK(sockets.runtime.run_until([&] { return receiving.is_finished(); }));
  sockets.runtime.block_on([&]() -> Task<void> {
    co_await sockets.near.writable();
    CHECK((co_await sockets.near.ready(io::Interest::writable())).value().ready().is_writable());
  });
  // An error alone ends a wait for reading.
  REQUIRE(sockets.near.connect(nobody()));
  REQUIRE(sockets.near.try_send(bytes_of("anybody?")));
  sockets.runtime.block_on([&]() -> Task<void> {
    CHECK((co_await sockets.near.ready(io::Interest::readable())).value().ready().is_error());
  });
}

TEST_CASE("NE4: net: what cannot be bound is an error that names it") {
  Sockets sockets;
  auto taken = UdpSocket::bind(sockets.near_address);
  REQUIRE_FALSE(taken);
  CHECK(taken.error() == Errc::AddressInUse);
  CHECK(taken.error().message().find(sockets.near_address.to_string()) != std::string::npos);
  for (const char* text : {"localhost:80", "127.0.0.1", "unix:/tmp/x"}) {
    CAPTURE(text);
    auto refused = UdpSocket::bind(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message().find(text) != std::string::npos);
  }
  const std::vector<SocketAddress> addresses{sockets.near_address, *SocketAddress::parse("127.0.0.1:0")};
  CHECK(UdpSocket::bind_any(addresses));
  CHECK(UdpSocket::bind_any({}).error() == Errc::InvalidArgument);
  auto unreachable = sockets.near.connect(*SocketAddress::parse("255.255.255.255:9"));
  REQUIRE_FALSE(unreachable);
  CHECK(unreachable.error().message() == "connect 255.255.255.255:9: permission denied");
}

TEST_CASE("NE4: net: two sockets share a port that both want to share") {
  HandRuntime runtime;
  UdpSocket first = UdpSocket::bind("127.0.0.1:0", {.reuse_port = true}).value();
  CHECK(UdpSocket::bind(first.local_addr().value(), {.reuse_port = true}));
  CHECK_FALSE(UdpSocket::bind(first.local_addr().value()));
}

TEST_CASE("NE4: net: only who may broadcast does") {
  HandRuntime runtime;
  UdpSocket hearing = UdpSocket::bind("0.0.0.0:0").value();
  UdpSocket speaking = UdpSocket::bind("127.0.0.1:0").value();
  const SocketAddress all(IpAddress::v4(127, 255, 255, 255), hearing.local_addr().value().port());
  CHECK(speaking.broadcast().value() == false);
  CHECK(speaking.try_send_to(bytes_of("all"), all).error() == Errc::PermissionDenied);
  CHECK(speaking.set_broadcast(true));
  CHECK(speaking.broadcast().value() == true);
  CHECK(speaking.try_send_to(bytes_of("all"), all).value() == 3);
  std::array<std::byte, 8> room;
  runtime.block_on([&]() -> Task<void> { CHECK((co_await hearing.recv(room)).value().size == 3); });
}

TEST_CASE("NE4: net: a group of version 4 is heard while one is in it") {
  HandRuntime runtime;
  const IpAddress group = *IpAddress::parse("239.77.13.42");
  const IpAddress here = IpAddress::loopback_v4();
  UdpSocket member = UdpSocket::bind("0.0.0.0:0", {.reuse_address = true}).value();
  UdpSocket speaking = UdpSocket::bind("127.0.0.1:0").value();
  REQUIRE(member.join_multicast_v4(group, here));
  REQUIRE(speaking.set_multicast_interface_v4(here));
  CHECK(speaking.multicast_interface_v4().value() == here);
  const SocketAddress to(group, member.local_addr().value().port());
  CHECK(speaking.try_send_to(bytes_of("members"), to).value() == 7);
  std::array<std::byte, 16> room;
  runtime.block_on([&]() -> Task<void> { CHECK((co_await member.recv(room)).value().size == 7); });
  CHECK(member.leave_multicast_v4(group, here));
  CHECK(member.leave_multicast_v4(group, here).error() == Errc::AddressNotAvailable);
  CHECK(member.join_multicast_v4(IpAddress::any_v6()).error() == Errc::InvalidArgument);
}

/// One that has an address of its link; 0 where none has.
std::uint32_t multicast_interface() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return 0;
  std::uint32_t found = 0;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    constexpr unsigned kWanted = IFF_UP | IFF_RUNNING | IFF_MULTICAST;
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET6) continue;
    sockaddr_in6 address{};
    std::memcpy(&address, each->ifa_addr, sizeof address);
    if ((each->ifa_flags & kWanted) == kWanted && IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr)) {
      found = address.sin6_scope_id;
    }
  }
  ::freeifaddrs(all);
  return found;
}

TEST_CASE("NE4: net: a group of version 6 is heard while one is in it") {
  HandRuntime runtime;
  const std::uint32_t interface = multicast_interface();
  const IpAddress group = *IpAddress::parse("ff02::7:7");
  UdpSocket member = UdpSocket::bind("[::]:0", {.only_v6 = true}).value();
  UdpSocket speaking = UdpSocket::bind("[::]:0").value();
  if (interface == 0) {
    MESSAGE("no interface here has groups of version 6: nothing is sent");
    REQUIRE(member.join_multicast_v6(group));
    return;
  }
  REQUIRE(member.join_multicast_v6(group, interface));
  REQUIRE(speaking.set_multicast_interface_v6(interface));
  CHECK(speaking.multicast_interface_v6().value() == interface);
  const SocketAddress to(group, member.local_addr().value().port());
  CHECK(speaking.try_send_to(bytes_of("members"), to).value() == 7);
  std::array<std::byte, 16> room;
  runtime.block_on([&]() -> Task<void> { CHECK((co_await member.recv(room)).value().size == 7); });
  CHECK(member.leave_multicast_v6(group, interface));
  CHECK(member.leave_multicast_v6(group, interface).error() == Errc::AddressNotAvailable);
  CHECK(member.join_multicast_v6(IpAddress::any_v4()).error() == Errc::InvalidArgument);
}

TEST_CASE("NE4: net: options of a socket are read back as they were set") {
  HandRuntime runtime;
  UdpSocket four = UdpSocket::bind("127.0.0.1:0").value();
  UdpSocket six = UdpSocket::bind("[::1]:0").value();
  for (bool on : {false, true}) {
    CHECK(four.set_multicast_loop_v4(on));
    CHECK(four.multicast_loop_v4().value() == on);
    CHECK(six.set_multicast_loop_v6(on));
    CHECK(six.multicast_loop_v6().value() == on);
  }
  CHECK(four.set_multicast_ttl_v4(7));
  CHECK(four.multicast_ttl_v4().value() == 7);
  CHECK(six.set_multicast_hops_v6(8));
  CHECK(six.multicast_hops_v6().value() == 8);
  CHECK(four.set_ttl(42));
  CHECK(four.ttl().value() == 42);
  CHECK(four.set_tos(0x10));
  CHECK(four.tos().value() == 0x10);
  CHECK(six.set_tclass(0x28));
  CHECK(six.tclass().value() == 0x28);
  CHECK(four.set_send_buffer_size(32 * 1024));
  CHECK(four.send_buffer_size().value() >= 32 * 1024);
  CHECK(four.set_receive_buffer_size(48 * 1024));
  CHECK(four.receive_buffer_size().value() >= 48 * 1024);
  CHECK(four.device().value() == "");
  CHECK(four.bind_device("lo"));
  CHECK(four.device().value() == "lo");
}

TEST_CASE("NE4: net: a socket travels as a descriptor, and all are given back") {
  const auto before = support::open_descriptors();
  {
    Sockets sockets;
    const auto registered = sockets.runtime.reactor().registered();
    base::UniqueFd fd = std::move(sockets.far).into_fd();
    CHECK(sockets.runtime.reactor().registered() == registered - 1);
    UdpSocket again = UdpSocket::from_fd(std::move(fd)).value();
    CHECK(again.local_addr().value() == sockets.far_address);
    sockets.send("moved");
    CHECK(sockets.recv(again) == "moved");
  }
  CHECK(support::open_descriptors() == before);
}

TEST_CASE("NE4: net: after its runtime has ended a socket fails with ShuttingDown, and a waiting task hears of it") {
  Sockets sockets;
  Errc heard = Errc::Ok;
  auto receiving = sockets.runtime.spawn([&]() -> Task<void> {
    std::array<std::byte, 1> room;
    auto result = co_await sockets.far.recv(room);
    heard = result ? Errc::Ok : result.error().code();
  });
  sockets.runtime.run_ready();
  sockets.runtime.drop_reactor();
  sockets.runtime.run_ready();
  CHECK(heard == Errc::ShuttingDown);
  CHECK(sockets.near.try_send_to(bytes_of("x"), sockets.far_address).error() == Errc::ShuttingDown);
}

}  // namespace
