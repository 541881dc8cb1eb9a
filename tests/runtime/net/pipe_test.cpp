#include <rondeau/net/pipe.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/counting_driver.h"
#include "support/hand_runtime.h"
#include "support/open_descriptors.h"
#include "support/temporary_directory.h"

namespace {

using namespace rondeau;
namespace pipe = rondeau::net::pipe;
using support::HandRuntime;

std::string read(HandRuntime& runtime, io::Reader& reader, std::size_t count) {
  return runtime.block_on([&reader, count]() -> Task<std::string> {
    std::string text;
    while (text.size() < count) {
      char buffer[4096];
      auto got = co_await reader.read_some(std::as_writable_bytes(std::span(buffer)));
      if (!got || *got == 0) break;
      text.append(buffer, *got);
    }
    co_return text;
  });
}

void write(HandRuntime& runtime, io::Writer& writer, std::string_view text) {
  runtime.block_on([&]() -> Task<void> { CHECK(co_await writer.write_all(text)); });
}

/// A FIFO in a folder of its own.
struct Fifo {
  Fifo() { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
  support::TemporaryDirectory folder;
  std::filesystem::path path = folder / "fifo";
};

TEST_CASE("NE6: net: bytes go through a pipe, more than it holds too, and its end comes with the sender's") {
  HandRuntime runtime;
  auto [sender, receiver] = pipe::pair().value();
  std::string text(1 << 20, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 >> 3);
  auto writing = runtime.spawn([&text, out = std::move(sender)]() mutable -> Task<bool> {
    const bool written = (co_await out.write_all(text)).has_value();
    co_return written && (co_await out.shutdown()).has_value();
  });
  CHECK(read(runtime, receiver, text.size()) == text);
  CHECK(read(runtime, receiver, 1) == "");
  CHECK(read(runtime, receiver, 1) == "");
  CHECK(writing.is_finished());
}

TEST_CASE("NE6: net: a pipe goes through the driver") {
  support::CountingDriver driver;
  HandRuntime runtime(driver);
  auto [sender, receiver] = pipe::pair().value();
  write(runtime, sender, "x");
  CHECK(read(runtime, receiver, 1) == "x");
  CHECK(driver.sends == 1);
  CHECK(driver.receives == 1);
}

TEST_CASE("NE6: net: a pipe that nobody reads is an error and raises no signal; one that is shut down, too") {
  HandRuntime runtime;
  auto [sender, receiver] = pipe::pair().value();
  auto [other, unused] = pipe::pair().value();
  { pipe::Receiver gone = std::move(receiver); }
  runtime.block_on([&out = sender, &shut = other]() -> Task<void> {
    CHECK((co_await out.write_all("x")).error() == Errc::BrokenPipe);
    CHECK(co_await shut.shutdown());
    CHECK((co_await shut.write_all("x")).error() == Errc::BrokenPipe);
    co_await shut.writable();
  });
  CHECK(other.fd() == -1);
}

TEST_CASE("NE6: net: gathered buffers are written in order, and read into several") {
  HandRuntime runtime;
  auto [sender, receiver] = pipe::pair().value();
  const io::ConstBuffer out[] = {std::string_view("ab"), std::string_view(""), std::string_view("cdef")};
  CHECK(sender.try_write_vectored(out).value() == 6);
  runtime.block_on([&in = receiver]() -> Task<void> { co_await in.readable(); });
  std::array<std::byte, 4> first{};
  std::array<std::byte, 4> second{};
  const base::MutableBuffer in[] = {std::span<std::byte>(first), std::span<std::byte>(second)};
  CHECK(receiver.try_read_vectored(in).value() == 6);
  CHECK(second[1] == std::byte{'f'});
  CHECK(receiver.try_read_vectored(in).error() == Errc::WouldBlock);
  CHECK(receiver.try_read_vectored({}).value() == 0);
}

TEST_CASE("NE6: net: a read or write destroyed while it waits, or after it was woken, loses nothing") {
  for (bool woken : {false, true}) {
    CAPTURE(woken);
    HandRuntime runtime;
    auto [sender, receiver] = pipe::pair().value();
    auto reading = runtime.spawn([&in = receiver]() -> Task<void> {
      std::array<std::byte, 16> room;
      static_cast<void>(co_await in.read_some(room));
    });
    runtime.run_ready();
    if (woken) {
      REQUIRE(sender.try_write(std::as_bytes(std::span("kept", 4))).value() == 4);
      while (runtime.reactor().turn(std::chrono::seconds(5)) == 0) {
      }
    }
    reading.abort();
    runtime.run_ready();
    REQUIRE(reading.is_finished());
    if (!woken) REQUIRE(sender.try_write(std::as_bytes(std::span("kept", 4))).value() == 4);
    CHECK(read(runtime, receiver, 4) == "kept");

    // A full pipe, a write that waits: what it was about to write is not there.
    const std::vector<std::byte> block(4096, std::byte{'x'});
    std::size_t full = 0;
    for (auto count = sender.try_write(block); count; count = sender.try_write(block)) full += *count;
    auto writing = runtime.spawn([&out = sender]() -> Task<void> {
      static_cast<void>(co_await out.write_some(std::as_bytes(std::span("lost", 4))));
    });
    runtime.run_ready();
    CHECK_FALSE(writing.is_finished());
    if (woken) {
      std::vector<std::byte> room(full);
      auto got = receiver.try_read(room);
      while (!got) {
        runtime.reactor().turn(std::chrono::seconds(5));
        got = receiver.try_read(room);
      }
      full -= *got;
      while (runtime.reactor().turn(std::chrono::milliseconds(0)) != 0) {
      }
    }
    writing.abort();
    runtime.run_ready();
    REQUIRE(writing.is_finished());
    CHECK(read(runtime, receiver, full) == std::string(full, 'x'));
    std::array<std::byte, 1> byte;
    CHECK(receiver.try_read(byte).error() == Errc::WouldBlock);
  }
}

TEST_CASE("NE6: net: a sender without a reader is ENXIO, and a receiver waits for its first sender") {
  HandRuntime runtime;
  Fifo fifo;
  auto refused = pipe::OpenOptions{}.open_sender(fifo.path);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().os_error() == ENXIO);
  CHECK(refused.error().message().find(fifo.path.native()) != std::string::npos);

  pipe::Receiver receiver = pipe::OpenOptions{}.open_receiver(fifo.path).value();
  auto reading = runtime.spawn([&]() -> Task<std::size_t> {
    std::array<std::byte, 16> room;
    co_return (co_await receiver.read_some(room)).value();
  });
  runtime.run_ready();
  runtime.reactor().turn(Duration::zero());
  runtime.run_ready();
  CHECK_FALSE(reading.is_finished());
  {
    pipe::Sender sender = pipe::OpenOptions{}.open_sender(fifo.path).value();
    write(runtime, sender, "first");
    CHECK(runtime.block_on([&]() -> Task<std::size_t> { co_return (co_await std::move(reading)).value(); }) == 5);
  }
  CHECK(read(runtime, receiver, 1) == "");
  // Somebody opens it again: the end was not the end.
  pipe::Sender second = pipe::OpenOptions{}.open_sender(fifo.path).value();
  std::array<std::byte, 1> byte;
  CHECK(receiver.try_read(byte).error() == Errc::WouldBlock);
  auto again = runtime.spawn([&]() -> Task<std::string> {
    char text[8];
    const std::size_t count = (co_await receiver.read_some(std::as_writable_bytes(std::span(text)))).value();
    co_return std::string(text, count);
  });
  runtime.run_ready();
  CHECK_FALSE(again.is_finished());
  write(runtime, second, "second");
  CHECK(runtime.block_on([&]() -> Task<std::string> { co_return (co_await std::move(again)).value(); }) == "second");
}

TEST_CASE("NE6: net: opened for both directions a sender needs no reader, and a receiver meets no end") {
  HandRuntime runtime;
  Fifo fifo;
  const pipe::OpenOptions both{.read_write = true};
  pipe::Sender sender = both.open_sender(fifo.path).value();
  write(runtime, sender, "kept");
  pipe::Receiver receiver = both.open_receiver(fifo.path).value();
  CHECK(read(runtime, receiver, 4) == "kept");
  { pipe::Sender gone = std::move(sender); }
  auto reading = runtime.spawn([&]() -> Task<void> {
    std::array<std::byte, 1> byte;
    static_cast<void>(co_await receiver.read_some(byte));
  });
  runtime.run_ready();
  runtime.reactor().turn(Duration::zero());
  runtime.run_ready();
  CHECK_FALSE(reading.is_finished());
  runtime.end_tasks();
}

TEST_CASE("NE6: net: what is no FIFO is refused, unless one asks not to look") {
  HandRuntime runtime;
  const support::TemporaryDirectory folder;
  const std::filesystem::path file = folder / "file";
  base::UniqueFd(::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  CHECK(pipe::OpenOptions{}.open_receiver(file).error() == Errc::InvalidArgument);
  CHECK(pipe::OpenOptions{}.open_sender(file).error() == Errc::InvalidArgument);
  CHECK(pipe::OpenOptions{}.open_receiver(folder / "none").error() == Errc::NotFound);
  // A file cannot be polled; a device can, and passes.
  CHECK(pipe::OpenOptions{.unchecked = true}.open_receiver(file).error() == Errc::PermissionDenied);
  CHECK(pipe::OpenOptions{}.open_receiver("/dev/ptmx").error() == Errc::InvalidArgument);
  CHECK(pipe::OpenOptions{.unchecked = true}.open_receiver("/dev/ptmx"));
  const auto before = support::open_descriptors();
  CHECK_FALSE(pipe::OpenOptions{}.open_receiver(file));
  CHECK(support::open_descriptors() == before);
}

TEST_CASE("NE6: net: a descriptor is taken over where it is a pipe and allows the direction, and given away again") {
  HandRuntime runtime;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  base::UniqueFd reading(ends[0]);
  base::UniqueFd writing(ends[1]);
  CHECK(pipe::Receiver::from_fd(base::UniqueFd(::dup(writing.get()))).error() == Errc::InvalidArgument);
  CHECK(pipe::Sender::from_fd(base::UniqueFd(::dup(reading.get()))).error() == Errc::InvalidArgument);
  base::UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  CHECK(pipe::Receiver::from_fd(std::move(file)).error() == Errc::InvalidArgument);

  pipe::Sender sender = pipe::Sender::from_fd(std::move(writing)).value();
  pipe::Receiver receiver = pipe::Receiver::from_fd(std::move(reading)).value();
  write(runtime, sender, "x");
  CHECK(read(runtime, receiver, 1) == "x");
  CHECK(runtime.reactor().registered() == 2);
  base::UniqueFd back = std::move(sender).into_fd();
  base::UniqueFd other = std::move(receiver).into_fd();
  CHECK(runtime.reactor().registered() == 0);
  CHECK(::write(back.get(), "y", 1) == 1);
}

TEST_CASE("NE6: net: after its runtime has ended a pipe fails with ShuttingDown") {
  HandRuntime runtime;
  auto [sender, receiver] = pipe::pair().value();
  runtime.drop_reactor();
  std::array<std::byte, 1> byte{};
  CHECK(sender.try_write(byte).error() == Errc::ShuttingDown);
  CHECK(receiver.try_read(byte).error() == Errc::ShuttingDown);
}

}  // namespace
