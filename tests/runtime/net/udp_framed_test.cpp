#include <rondeau/net/udp_framed.h>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/io/bytes_codec.h>
#include <rondeau/io/concepts.h>
#include <rondeau/io/delimited_codec.h>
#include <rondeau/io/length_delimited_codec.h>

#include "support/hand_runtime.h"

namespace {

using namespace rondeau;
using net::UdpFramed;
using net::UdpSocket;

static_assert(io::AsyncItems<UdpFramed<UdpSocket, io::LinesCodec>>);
static_assert(io::AsyncItems<UdpFramed<UdpSocket&, io::LinesCodec>>);

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

struct Sockets {
  ~Sockets() { runtime.end_tasks(); }
  void send(std::string_view text) { CHECK(near.try_send_to(bytes_of(text), far_address).value() == text.size()); }
  /// The next item, or its error, in words.
  template <class Frames>
  std::string next(Frames& frames) {
    return runtime.block_on([&]() -> Task<std::string> {
      auto item = co_await frames.next();
      if (!item) co_return "end";
      if (!*item) co_return item->error().message();
      CHECK((*item)->from == near_address);
      co_return std::string((*item)->item);
    });
  }

  support::HandRuntime runtime;
  UdpSocket near = UdpSocket::bind("127.0.0.1:0").value();
  UdpSocket far = UdpSocket::bind("127.0.0.1:0").value();
  SocketAddress near_address = near.local_addr().value();
  SocketAddress far_address = far.local_addr().value();
};

TEST_CASE("NE1: net: datagrams are a stream of items, several of one datagram too, each with its sender") {
  Sockets sockets;
  UdpFramed frames(sockets.far, io::LinesCodec(100));
  sockets.send("one\ntwo\nthree");
  sockets.send("");
  sockets.send("four\n");
  for (const char* expected : {"one", "two", "three", "four"}) CHECK(sockets.next(frames) == expected);
}

TEST_CASE("NE1: net: no item goes over two datagrams, and one that is bad does not end the stream") {
  Sockets sockets;
  UdpFramed frames(sockets.far, io::LinesCodec(5));
  sockets.send("abc");
  sockets.send("def\n");
  sockets.send("too long\nlost with it");
  sockets.send("next\n");
  CHECK(sockets.next(frames) == "abc");
  CHECK(sockets.next(frames) == "def");
  CHECK(sockets.next(frames) == "too large");
  CHECK(sockets.next(frames) == "next");
}

TEST_CASE("NE1: net: the beginning of an item at the end of its datagram is an error of that datagram") {
  Sockets sockets;
  UdpFramed frames(sockets.far, io::LengthDelimitedCodec({.size = 1}));
  auto next = [&]() -> Task<std::string> {
    auto item = co_await frames.next();
    co_return *item ? std::string((*item)->item.view()) : item->error().message();
  };
  sockets.send("\3ab");
  sockets.send("\2ab");
  CHECK(sockets.runtime.block_on(next) == "unexpected end of stream");
  CHECK(sockets.runtime.block_on(next) == "ab");
}

TEST_CASE("NE1: net: a datagram larger than what is taken is an error, and nothing of it is decoded") {
  Sockets sockets;
  UdpFramed frames(sockets.far, io::LinesCodec(100), 8);
  sockets.send("12345678");
  sockets.send("12\n456789");
  sockets.send("whole\n");
  CHECK(sockets.next(frames) == "12345678");
  CHECK(sockets.next(frames) == "too large");
  CHECK(sockets.next(frames) == "whole");
}

TEST_CASE("NE1: net: the largest datagram there is fits") {
  Sockets sockets;
  UdpFramed frames(sockets.far, io::LinesCodec(100'000));
  const std::string large(65'507, 'x');
  sockets.send(large);
  CHECK(sockets.next(frames) == large);
}

TEST_CASE("NE1: net: an item is sent as one datagram, and what cannot be encoded is not sent") {
  Sockets sockets;
  UdpFramed frames(sockets.near, io::LengthDelimitedCodec({.size = 1}));
  sockets.runtime.block_on([&]() -> Task<void> {
    CHECK(co_await frames.send(std::string_view("item"), sockets.far_address));
    CHECK((co_await frames.send(std::string(300, 'x'), sockets.far_address)).error() == Errc::TooLarge);
    CHECK(sockets.near.connect(sockets.far_address));
    CHECK(co_await frames.send(std::string_view("more")));
    std::array<std::byte, 16> room;
    CHECK((co_await sockets.far.recv(room)).value().size == 5);
    CHECK(room[0] == std::byte{4});
    CHECK((co_await sockets.far.recv(room)).value().size == 5);
    CHECK(sockets.far.try_recv(room).error() == Errc::WouldBlock);
  });
}

TEST_CASE("NE1: net: a next destroyed while it waits, or after it was woken, loses no item") {
  for (bool woken : {false, true}) {
    CAPTURE(woken);
    Sockets sockets;
    UdpFramed frames(sockets.far, io::LinesCodec(100));
    sockets.send("first\nsecond\n");
    CHECK(sockets.next(frames) == "first");
    CHECK(sockets.next(frames) == "second");
    auto waiting = sockets.runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await frames.next()); });
    sockets.runtime.run_ready();
    if (woken) {
      sockets.send("kept\nas well\n");
      while (sockets.runtime.reactor().turn(std::chrono::seconds(5)) == 0) {
      }
    }
    waiting.abort();
    sockets.runtime.run_ready();
    REQUIRE(waiting.is_finished());
    if (!woken) sockets.send("kept\nas well\n");
    CHECK(sockets.next(frames) == "kept");
    CHECK(sockets.next(frames) == "as well");
  }
}

TEST_CASE("NE1: net: a stream of datagrams owns its socket where it was moved in, and gives it back") {
  Sockets sockets;
  UdpFramed frames(std::move(sockets.far), io::LinesCodec(100));
  sockets.send("owned\n");
  CHECK(sockets.next(frames) == "owned");
  UdpSocket back = std::move(frames).release();
  CHECK(back.local_addr().value() == sockets.far_address);
}

TEST_CASE("NE1: net: the end of the runtime is told once, then the stream of datagrams ends") {
  Sockets sockets;
  UdpFramed frames(sockets.far, io::LinesCodec(100));
  std::string heard;
  auto listening = sockets.runtime.spawn([&]() -> Task<void> {
    while (auto item = co_await frames.next()) heard += *item ? "item" : item->error().message();
    heard += ", end";
  });
  sockets.runtime.run_ready();
  sockets.runtime.drop_reactor();
  sockets.runtime.run_ready();
  CHECK(listening.is_finished());
  CHECK(heard == "shutting down, end");
}

}  // namespace
