#include <rondeau/net/tcp_stream.h>

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/task/yield_now.h>

#include "runtime/net/connected.h"
#include "support/aborts.h"
#include "support/counting_driver.h"
#include "support/open_descriptors.h"

namespace {

using namespace rondeau;
using support::bytes_of;
using support::Connected;
using support::HandRuntime;

static_assert(sizeof(net::TcpStream) <= 40, "an idle connection is measured");

TEST_CASE("NE3: net: bytes go both ways, and the end of one direction leaves the other") {
  Connected pair;
  pair.runtime.block_on([&]() -> Task<void> {
    CHECK(co_await pair.near->write_all("question"));
    CHECK(co_await pair.near->shutdown());
  });
  CHECK(pair.read(*pair.far, 100) == "question");
  pair.runtime.block_on([&]() -> Task<void> { CHECK(co_await pair.far->write_all("answer")); });
  CHECK(pair.read(*pair.near, 6) == "answer");
}

TEST_CASE("NE3: net: a megabyte arrives whole, and neither side waits for ever") {
  Connected pair;
  std::string text(1 << 20, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 >> 3);
  auto writing =
      pair.runtime.spawn([&]() -> Task<bool> { co_return (co_await pair.near->write_all(text)).has_value(); });
  CHECK(pair.read(*pair.far, text.size()) == text);
  CHECK(writing.is_finished());
}

TEST_CASE("NE3: net: gathered buffers arrive in order, more than the system takes at once too") {
  Connected pair;
  std::vector<std::string> parts;
  std::string whole;
  for (int i = 0; i < 3000; ++i) whole += parts.emplace_back(std::to_string(i));
  std::vector<io::ConstBuffer> buffers(parts.begin(), parts.end());
  auto writing = pair.runtime.spawn(
      [&]() -> Task<bool> { co_return (co_await pair.near->write_all_vectored(buffers)).has_value(); });
  CHECK(pair.read(*pair.far, whole.size()) == whole);
  CHECK(writing.is_finished());
}

TEST_CASE("net: a round trip costs one receive and one send on either side, and no call that only says try again") {
  support::CountingDriver driver;
  Connected pair(driver);
  constexpr int kTrips = 50;
  auto echo = pair.runtime.spawn([&]() -> Task<void> {
    std::array<std::byte, 4096> buffer;
    while (true) {
      auto count = co_await pair.far->read_some(buffer);
      if (!count || *count == 0) co_return;
      if (!co_await pair.far->write_all(std::span(buffer).first(*count))) co_return;
    }
  });
  auto trip = [&]() -> Task<void> {
    std::array<std::byte, 4096> buffer;
    CHECK(co_await pair.near->write_all("64 bytes of something"));
    CHECK((co_await pair.near->read_some(buffer)).value() == 21);
  };
  pair.runtime.block_on(trip);  // the first also meets what is tried before the first report
  driver.receives = 0;
  driver.sends = 0;
  for (int i = 0; i < kTrips; ++i) pair.runtime.block_on(trip);
  CHECK(driver.receives == 2 * kTrips);
  CHECK(driver.sends == 2 * kTrips);
}

TEST_CASE("net: reading messages of a known size learns to do with one receive for each") {
  support::CountingDriver driver;
  Connected pair(driver);
  auto message = [&]() -> Task<void> {
    std::array<std::byte, 4> buffer;
    auto reading = pair.runtime.spawn([&]() -> Task<bool> {
      co_return (co_await pair.near->read_exact(buffer)).has_value();  // begins before there is anything to read
    });
    co_await yield_now();
    CHECK(co_await pair.far->write_all("four"));
    CHECK(co_await std::move(reading));
  };
  for (int i = 0; i < 8; ++i) pair.runtime.block_on(message);
  driver.receives = 0;
  for (int i = 0; i < 20; ++i) pair.runtime.block_on(message);
  CHECK(driver.receives == 20);

  // Nothing of what else may happen is lost by it: more than one message, less than one, the end.
  pair.runtime.block_on([&]() -> Task<void> { CHECK(co_await pair.far->write_all("onetwothr")); });
  CHECK(pair.read(*pair.near, 3) == "onetwothr");
  pair.runtime.block_on([&]() -> Task<void> { CHECK(co_await pair.far->write_all("fourfive..")); });
  std::string text;
  pair.runtime.block_on([&]() -> Task<void> {
    while (text.size() < 10) {
      char four[4];
      const auto count = (co_await pair.near->read_some(std::as_writable_bytes(std::span(four)))).value_or(0);
      if (count == 0) co_return;
      text.append(four, count);
    }
  });
  CHECK(text == "fourfive..");
  pair.runtime.block_on([&]() -> Task<void> { CHECK(co_await pair.far->write_all("last")); });
  pair.far.reset();
  CHECK(pair.read(*pair.near, 4) == "last");
  CHECK(pair.read(*pair.near, 1) == "");
}

TEST_CASE("net: urgent data cuts a read short, and what follows it is read all the same") {
  Connected pair;
  const int fd = pair.near->fd();
  REQUIRE(::send(fd, "first", 5, 0) == 5);
  CHECK(pair.read(*pair.far, 5) == "first");  // from here on it is reports that tell of bytes
  REQUIRE(::send(fd, "ab", 2, 0) == 2);
  REQUIRE(::send(fd, "!", 1, MSG_OOB) == 1);
  REQUIRE(::send(fd, "cd", 2, 0) == 2);
  pair.runtime.block_on([&]() -> Task<void> { co_await pair.far->readable(); });
  CHECK(pair.read(*pair.far, 4) == "abcd");
}

TEST_CASE("net: the end of the stream is found although a short read came before it") {
  Connected pair;
  pair.runtime.block_on([&]() -> Task<void> { CHECK(co_await pair.near->write_all("last words")); });
  pair.near.reset();
  CHECK(pair.read(*pair.far, 10) == "last words");
  CHECK(pair.read(*pair.far, 1) == "");
  CHECK(pair.read(*pair.far, 1) == "");
}

TEST_CASE("net: short reads of one byte each lose nothing") {
  support::CountingDriver driver;
  Connected pair(driver);
  pair.runtime.block_on([&]() -> Task<void> { CHECK(co_await pair.near->write_all("one at a time")); });
  driver.receive_limit = 1;
  // The driver's byte is less than was asked for, so readiness is dropped: only asking for one byte keeps it.
  std::string text;
  pair.runtime.block_on([&]() -> Task<void> {
    std::byte byte;
    while (text.size() < 13) {
      auto count = co_await pair.far->read_some(std::span(&byte, 1));
      if (!count || *count == 0) co_return;
      text += static_cast<char>(byte);
    }
  });
  CHECK(text == "one at a time");
}

TEST_CASE("net: a part of a file arrives whole, and its end is told") {
  Connected pair;
  std::string text(3 << 20, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 >> 3);
  std::FILE* temporary = std::tmpfile();
  REQUIRE(temporary != nullptr);
  REQUIRE(std::fwrite(text.data(), 1, text.size(), temporary) == text.size());
  std::fflush(temporary);
  constexpr std::size_t kFrom = 1000;
  auto sending = pair.runtime.spawn([&, file = ::fileno(temporary)]() -> Task<Errc> {
    for (std::uint64_t offset = kFrom;;) {
      const auto sent = pair.near->try_send_file(file, offset, text.size());
      if (!sent && sent.error() != Errc::WouldBlock) co_return sent.error().code();
      if (sent && *sent == 0) co_return Errc::Ok;
      offset += sent.value_or(0);
      if (!sent) co_await pair.near->writable();
    }
  });
  CHECK((pair.read(*pair.far, text.size() - kFrom) == text.substr(kFrom)));
  REQUIRE(pair.runtime.run_until([&] { return sending.is_finished(); }));
  CHECK(pair.near->try_send_file(::fileno(temporary), text.size(), 1).value() == 0);
  std::fclose(temporary);
}

TEST_CASE("NE3: net: writing to a peer that reset is an error and raises no signal") {
  Connected pair;
  REQUIRE(pair.far->set_linger(std::chrono::seconds(0)));
  pair.far.reset();
  const Errc error = pair.runtime.block_on([&]() -> Task<Errc> {
    co_await pair.near->peer_closed();
    while (true) {
      auto written = co_await pair.near->write_all("x");
      if (!written) co_return written.error().code();
    }
  });
  CHECK((error == Errc::ConnectionReset || error == Errc::BrokenPipe));
}

TEST_CASE("net: a handler notices that the peer closed while bytes are unread") {
  Connected pair;
  auto noticing = pair.runtime.spawn([&]() -> Task<void> { co_await pair.far->peer_closed(); });
  pair.runtime.block_on([&]() -> Task<void> {
    CHECK(co_await pair.near->write_all("unread"));
    co_await pair.far->readable();
  });
  CHECK_FALSE(noticing.is_finished());
  pair.near.reset();
  CHECK(pair.runtime.run_until([&] { return noticing.is_finished(); }));
  CHECK(pair.read(*pair.far, 6) == "unread");
}

TEST_CASE("NE3: net: one task reads while another writes the same stream") {
  Connected pair;
  auto reading = pair.runtime.spawn([&]() -> Task<std::size_t> {
    std::array<std::byte, 16> buffer;
    co_return (co_await pair.near->read_some(buffer)).value();
  });
  auto writing = pair.runtime.spawn([&]() -> Task<void> { CHECK(co_await pair.near->write_all("out")); });
  CHECK(pair.read(*pair.far, 3) == "out");
  CHECK_FALSE(reading.is_finished());
  pair.runtime.block_on([&]() -> Task<void> { CHECK(co_await pair.far->write_all("in")); });
  CHECK(pair.runtime.run_until([&] { return reading.is_finished() && writing.is_finished(); }));
}

TEST_CASE("NE3: net: a peek leaves the bytes where they are") {
  Connected pair;
  pair.runtime.block_on([&]() -> Task<void> {
    CHECK(co_await pair.near->write_all("look"));
    std::array<std::byte, 16> buffer;
    CHECK((co_await pair.far->peek(buffer)).value() == 4);
    CHECK((co_await pair.far->peek(buffer)).value() == 4);
  });
  CHECK(pair.read(*pair.far, 4) == "look");
}

TEST_CASE("NE3: net: a stream is read into several buffers at once") {
  Connected pair;
  std::array<std::byte, 3> first{};
  std::array<std::byte, 8> second{};
  const base::MutableBuffer room[] = {std::span<std::byte>(first), std::span<std::byte>(),
                                      std::span<std::byte>(second)};
  CHECK(pair.far->try_read_vectored({}).value() == 0);
  pair.runtime.block_on([&]() -> Task<void> {
    CHECK(co_await pair.near->write_all("abcdef"));
    co_await pair.far->readable();
  });
  CHECK(pair.far->try_read_vectored(room).value() == 6);
  CHECK(first[2] == std::byte{'c'});
  CHECK(second[2] == std::byte{'f'});
  CHECK(pair.far->try_read_vectored(room).error() == Errc::WouldBlock);
  pair.near.reset();
  pair.runtime.block_on([&]() -> Task<void> { co_await pair.far->readable(); });
  CHECK(pair.far->try_read_vectored(room).value() == 0);
  pair.runtime.drop_reactor();
  CHECK(pair.far->try_read_vectored(room).error() == Errc::ShuttingDown);
}

TEST_CASE("NE3: net: system calls of one's own wait for what they need, and destroyed while they wait took nothing") {
  Connected pair;
  const int fd = pair.far->fd();
  auto call = [fd]() -> Result<std::string> {
    char buffer[16];
    const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
    if (count < 0) return base::Error::from_os(errno);
    return std::string(buffer, static_cast<std::size_t>(count));
  };
  auto read = [&]() -> Task<std::string> {
    co_return (co_await pair.far->async_io(io::Interest::readable(), call)).value();
  };
  auto given_up = pair.runtime.spawn(read);
  pair.runtime.run_ready();
  CHECK_FALSE(given_up.is_finished());
  CHECK(pair.far->try_io(io::Interest::readable(), call).error() == Errc::WouldBlock);
  given_up.abort();
  pair.runtime.run_ready();
  auto reading = pair.runtime.spawn(read);
  pair.runtime.block_on([&]() -> Task<void> {
    CHECK((co_await pair.near->ready(io::Interest::writable())).value().ready().is_writable());
    CHECK(co_await pair.near->write_all("mine"));
    CHECK((co_await std::move(reading)).value() == "mine");
  });
  pair.runtime.drop_reactor();
  CHECK(pair.far->try_io(io::Interest::readable(), call).error() == Errc::ShuttingDown);
}

#ifndef NDEBUG
TEST_CASE("NE3: net: two tasks that read one stream at once are found in debug builds") {
  Connected pair;
  CHECK(support::aborts_with("two tasks read from", [&] {
    for (int i = 0; i < 2; ++i) {
      pair.runtime
          .spawn([&]() -> Task<void> {
            std::array<std::byte, 1> byte;
            static_cast<void>(co_await pair.far->read_some(byte));
          })
          .detach();
    }
    pair.runtime.run_ready();
  }));
}
#endif

TEST_CASE("NE3: net: the owned halves of a stream work apart, and are reunited") {
  Connected pair;
  auto [reader, writer] = std::move(*pair.near).into_split();
  pair.runtime.block_on([&out = writer]() -> Task<void> { CHECK(co_await out.write_all("half")); });
  CHECK(pair.read(*pair.far, 4) == "half");
  pair.near.emplace(std::move(reader).reunite(std::move(writer)));
  pair.runtime.block_on([&]() -> Task<void> { CHECK(co_await pair.near->write_all("whole")); });
  CHECK(pair.read(*pair.far, 5) == "whole");
}

TEST_CASE("NE3: net: destroying the owned writing half ends writing, forgetting it does not") {
  for (bool forget : {false, true}) {
    CAPTURE(forget);
    Connected pair;
    auto halves = std::move(*pair.near).into_split();
    {
      net::OwnedWriteHalf writer = std::move(halves.second);
      if (forget) std::move(writer).forget();
    }
    auto ending = pair.runtime.spawn([&]() -> Task<void> { co_await pair.far->peer_closed(); });
    pair.runtime.block_on([&]() -> Task<void> {
      CHECK(co_await pair.far->write_all("x"));
      std::array<std::byte, 1> byte;
      CHECK((co_await halves.first.read_some(byte)).value() == 1);
    });
    if (!forget) CHECK(pair.runtime.run_until([&] { return ending.is_finished(); }));
    pair.runtime.run_ready();
    CHECK(ending.is_finished() == !forget);
  }
}

TEST_CASE("net: after its runtime has ended a stream fails with ShuttingDown, and a waiting task hears of it") {
  Connected pair;
  Errc heard = Errc::Ok;
  auto reading = pair.runtime.spawn([&]() -> Task<void> {
    std::array<std::byte, 1> byte;
    auto result = co_await pair.near->read_some(byte);
    heard = result ? Errc::Ok : result.error().code();
  });
  pair.runtime.run_ready();
  pair.runtime.drop_reactor();
  pair.runtime.run_ready();
  CHECK(reading.is_finished());
  CHECK(heard == Errc::ShuttingDown);
  CHECK(pair.near->try_write(bytes_of("x")).error() == Errc::ShuttingDown);
  CHECK(pair.near->try_shutdown(io::How::Both).error() == Errc::ShuttingDown);
}

TEST_CASE("net: closing gives every descriptor back") {
  const auto before = support::open_descriptors();
  {
    Connected pair;
    CHECK(pair.runtime.reactor().registered() == 3);
    CHECK(support::open_descriptors() > before);
  }
  CHECK(support::open_descriptors() == before);
}

}  // namespace
