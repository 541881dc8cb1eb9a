#include <rondeau/io/buf_writer.h>

#include <array>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/io/any_stream.h>
#include <rondeau/io/buf_reader.h>
#include <rondeau/io/buf_stream.h>
#include <rondeau/io/read.h>

#include "streams.h"
#include "support/captured_stderr.h"
#include "support/hand_runtime.h"

namespace {

using namespace io_test;
using namespace std::string_view_literals;
using io::BufStream;
using io::BufWriter;
using support::HandRuntime;

static_assert(io::AsyncWrite<BufWriter<ForeignSink>>);
static_assert(std::derived_from<BufWriter<io::AnyWriter>, io::Writer>);
static_assert(std::derived_from<BufStream<io::AnyStream>, io::Stream>);
static_assert(io::AsyncBufRead<BufStream<io::DuplexStream>>);

TEST_CASE("IO8: io: small writes to a BufWriter reach the sink as one, when it is flushed") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    RecordingWriter sink;
    BufWriter writer(sink);
    CHECK(writer.capacity() == 8 * 1024);
    for (const char* word : {"one ", "two ", "three"}) CHECK(co_await writer.write_all(word));
    CHECK(sink.writes.empty());
    CHECK(co_await writer.flush());
    CHECK(sink.writes == std::vector<std::string>{"one two three"});
    CHECK(sink.flushes == 1);
  });
}

TEST_CASE("IO8: io: what does not fit pushes out what is buffered, and a write of the buffer's size goes past it") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    RecordingWriter sink;
    BufWriter writer(sink, 4);
    CHECK(co_await writer.write_all("ab"));
    CHECK(co_await writer.write_all("cde"));
    CHECK(sink.writes == std::vector<std::string>{"ab"});
    CHECK(co_await writer.write_all("fghi"));
    CHECK(sink.writes == std::vector<std::string>{"ab", "cde", "fghi"});
    CHECK(writer.buffered().empty());
  });
}

TEST_CASE("IO8: io: a gathered write is buffered as one, or goes past the buffer as one") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    RecordingWriter sink;
    BufWriter writer(sink, 8);
    const std::array<io::ConstBuffer, 3> small{"ab"sv, ""sv, "cd"sv};
    CHECK((co_await writer.write_vectored(small)).value() == 4);
    CHECK(text_of(writer.buffered()) == "abcd");
    const std::array<io::ConstBuffer, 3> large{"0123"sv, ""sv, "4567"sv};
    CHECK((co_await writer.write_vectored(large)).value() == 8);
    CHECK(sink.writes == std::vector<std::string>{"abcd", "01234567"});
  });
}

TEST_CASE("IO7: io: shutting a BufWriter down hands on what is buffered, then ends the sink") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    RecordingWriter sink;
    BufWriter writer(sink);
    CHECK(co_await writer.write_all("last"));
    CHECK(co_await writer.shutdown());
    CHECK(sink.text() == "last");
    CHECK(sink.shutdowns == 1);
    CHECK(writer.buffered().empty());
  });
}

TEST_CASE("IO8: io: a BufWriter over a sink that inherits from nothing writes the same") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    BufWriter writer(ForeignSink{}, 4);
    CHECK(co_await writer.write_all("ab"));
    CHECK(writer.inner().writes == 0);
    CHECK(co_await writer.write_all("cdefghi"));
    CHECK(co_await writer.flush());
    CHECK(writer.inner().text == "abcdefghi");
    CHECK(co_await io::write_int<std::uint16_t>(writer, 0x3132));
    CHECK(co_await writer.shutdown());
    CHECK(writer.inner().text == "abcdefghi12");
    CHECK(writer.inner().shutdowns == 1);
  });
}

TEST_CASE("IO7: io: a flush or shutdown destroyed at any of its waits loses no byte and sends none twice") {
  for (const bool ends : {false, true}) {
    for (std::size_t rounds = 1; rounds < 5; ++rounds) {
      CAPTURE(ends);
      CAPTURE(rounds);
      HandRuntime runtime;
      auto [reader, out] = io::simplex(3);
      BufWriter writer(out, 16);
      REQUIRE(writer.try_write(bytes_of("0123456789")).value() == 10);
      const auto finish = [&]() -> Task<void> { CHECK((ends ? co_await writer.shutdown() : co_await writer.flush())); };
      auto finishing = runtime.spawn(finish);
      std::string got;
      for (std::size_t i = 1; i < rounds; ++i) {
        runtime.run_ready();
        got += drain(reader);
      }
      runtime.run_ready();
      REQUIRE(finishing.is_finished() == (rounds == 4));
      finishing.abort();
      runtime.run_ready();
      got += drain(reader);
      CHECK(got + text_of(writer.buffered()) == "0123456789");
      auto again = runtime.spawn(finish);
      while (!again.is_finished()) {
        runtime.run_ready();
        got += drain(reader);
      }
      CHECK(got == "0123456789");
      std::array<std::byte, 1> more;
      CHECK(reader.try_read(more).has_value() == ends);
    }
  }
}

TEST_CASE("IO8: io: a BufWriter whose sink is stuck takes what it has room for, then waits for the sink") {
  HandRuntime runtime;
  auto [reader, out] = io::simplex(2);
  BufWriter writer(out, 4);
  auto writing = runtime.spawn([&]() -> Task<void> { CHECK(co_await writer.write_all("0123456789")); });
  std::string got;
  for (int i = 0; i < 20 && !writing.is_finished(); ++i) {
    runtime.run_ready();
    if (!writing.is_finished()) got += drain(reader);
  }
  REQUIRE(writing.is_finished());
  auto flushing = runtime.spawn([&]() -> Task<void> { CHECK(co_await writer.flush()); });
  while (!flushing.is_finished()) {
    runtime.run_ready();
    got += drain(reader);
  }
  CHECK(got == "0123456789");
}

TEST_CASE("io: a BufWriter with room is writable, whatever its sink") {
  HandRuntime runtime;
  auto [reader, out] = io::simplex(1);
  REQUIRE(out.try_write(bytes_of("x")));
  BufWriter writer(out, 2);
  auto waiting = runtime.spawn([&]() -> Task<void> { co_await writer.writable(); });
  runtime.run_ready();
  CHECK(waiting.is_finished());
  REQUIRE(writer.try_write(bytes_of("yz")).value() == 2);
  auto stuck = runtime.spawn([&]() -> Task<void> { co_await writer.writable(); });
  runtime.run_ready();
  CHECK_FALSE(stuck.is_finished());
  CHECK(drain(reader) == "x");
  runtime.run_ready();
  CHECK(stuck.is_finished());
  std::move(writer).release();
}

#ifndef NDEBUG
TEST_CASE("IO8: io: debug builds say that a BufWriter was destroyed with bytes inside, unless its sink had failed") {
  const support::CapturedStderr stderr_text;
  RecordingWriter sink;
  {
    BufWriter writer(sink);
    REQUIRE(writer.try_write(bytes_of("lost")));
  }
  const std::string said = stderr_text.text();
  CHECK(said.find("with 4 bytes") != std::string::npos);
  {
    BufWriter writer(sink);
    REQUIRE(writer.try_write(bytes_of("lost")));
    sink.failure = Errc::BrokenPipe;
    CHECK(writer.try_flush().error() == Errc::BrokenPipe);
  }
  sink.failure = Errc::Ok;
  {
    BufWriter writer(sink);
    REQUIRE(writer.try_write(bytes_of("sent")));
    REQUIRE(writer.try_flush());
    BufWriter moved = std::move(writer);
  }
  CHECK(stderr_text.text() == said);
}
#endif

TEST_CASE("IO6: io: a sink that takes nothing of what is buffered is WriteZero") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    RecordingWriter sink;
    sink.step = 0;
    BufWriter writer(sink);
    CHECK(co_await writer.write_all("x"));
    CHECK((co_await writer.flush()).error() == Errc::WriteZero);
    BufWriter foreign(ForeignSink{"", 0});
    CHECK(co_await foreign.write_all("x"));
    CHECK((co_await foreign.flush()).error() == Errc::WriteZero);
  });
}

/// Begins a write, and tells the outcome once finish() was called; as a file does.
class DeferredWriter final : public io::Writer {
 public:
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override {
    if (begun_.empty()) begun_ = text_of(bytes);
    if (!std::exchange(finished_, false)) return Errc::WouldBlock;
    text += begun_;
    return std::exchange(begun_, {}).size();
  }
  Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept override {
    return try_write(buffers.front().span());
  }
  void forget_write() noexcept override {
    ++forgotten;
    text += std::exchange(begun_, {});
    finished_ = false;
  }
  Result<void> try_shutdown(io::How) noexcept override { return {}; }
  bool start_wait(io::Waiter&) noexcept override { return true; }
  void end_wait(io::Waiter&) noexcept override {}
  void finish() noexcept { finished_ = true; }

  std::string text;
  int forgotten = 0;

 private:
  std::string begun_;
  bool finished_ = false;
};

TEST_CASE("IO8: io: what a BufWriter was handing on when its user went away is written once") {
  DeferredWriter sink;
  BufWriter writer(sink, 4);
  CHECK(writer.try_write(bytes_of("abc")).value() == 3);
  CHECK(writer.try_write(bytes_of("de")).value() == 1);  // "abc" is under way, there is room for one more
  writer.forget_write();
  CHECK(sink.forgotten == 0);
  for (int i = 0; i < 2; ++i) {
    CHECK(writer.try_flush().error() == Errc::WouldBlock);
    sink.finish();
  }
  CHECK(writer.try_flush());
  CHECK(sink.text == "abcd");
}

TEST_CASE("IO8: io: the outcome of a write past the buffer is dropped with the one who wrote") {
  DeferredWriter sink;
  BufWriter writer(sink, 4);
  CHECK(writer.try_write(bytes_of("0123456789")).error() == Errc::WouldBlock);
  writer.forget_write();
  CHECK(sink.forgotten == 1);
  CHECK(writer.try_write(bytes_of("abc")).value() == 3);
  CHECK(writer.try_flush().error() == Errc::WouldBlock);
  sink.finish();
  CHECK(writer.try_flush());
  CHECK(sink.text == "0123456789abc");
}

TEST_CASE("IO8: io: a BufWriter that is destroyed leaves its sink no outcome to tell") {
  DeferredWriter sink;
  {
    BufWriter writer(sink, 4);
    CHECK(writer.try_write(bytes_of("abc")).value() == 3);
    CHECK(writer.try_flush().error() == Errc::WouldBlock);
    BufWriter moved = std::move(writer);
    CHECK(std::move(moved).release().forgotten == 1);
  }
  CHECK(sink.forgotten == 1);
}

TEST_CASE("IO8: io: a BufStream buffers each direction for itself") {
  HandRuntime runtime;
  auto ends = io::duplex(64);
  io::DuplexStream& far = ends.second;
  BufStream stream(std::move(ends.first), {.read = 8, .write = 8});
  runtime.block_on([&]() -> Task<void> {
    CHECK(co_await stream.write_all("out"));
    CHECK(drain(far) == "");
    CHECK(co_await far.write_all("incoming"));
    std::array<std::byte, 2> bytes;
    CHECK(co_await stream.read_exact(bytes));
    CHECK(text_of(bytes) == "in");
    CHECK(text_of(stream.read_buffered()) == "coming");
    CHECK(text_of((co_await stream.fill_buf()).value()) == "coming");
    stream.consume(6);
    CHECK(text_of(stream.write_buffered()) == "out");
    CHECK(co_await stream.shutdown());
    CHECK(drain(far) == "out");
  });
}

}  // namespace
