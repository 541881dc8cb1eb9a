#include <rondeau/io/framed.h>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/io/bytes_codec.h>
#include <rondeau/io/delimited_codec.h>
#include <rondeau/io/duplex.h>
#include <rondeau/io/length_delimited_codec.h>

#include "streams.h"
#include "support/hand_runtime.h"

namespace {

using namespace io_test;
using io::Framed;
using io::FramedRead;
using io::FramedWrite;
using io::LinesCodec;
using support::HandRuntime;

/// Pairs of bytes; knows nothing of the end.
struct PairCodec {
  using Item = std::string;
  Result<std::optional<std::string>> decode(io::Buffer& in) {
    if (in.size() < 2) return std::nullopt;
    std::string pair(in.view().substr(0, 2));
    in.consume(2);
    if (pair == "!!") return Errc::InvalidData;
    return pair;
  }
  Result<void> encode(const std::string& item, io::Buffer& out) {
    out.append(item);
    return item.size() == 2 ? Result<void>() : Errc::InvalidArgument;
  }
};

static_assert(io::AsyncItems<FramedRead<io::SimplexReader, PairCodec>>);
static_assert(io::Encoder<PairCodec, std::string> && !io::Encoder<PairCodec, int>);

template <class S>
Task<std::string> all_of(S& stream) {
  std::string told;
  while (auto item = co_await stream.next()) {
    told += *item ? "[" + **item + "]" : item->error().message() + ";";
  }
  co_return told;
}

TEST_CASE("IO15: io: FramedRead gives the items a decoder finds, over any cut, from any source") {
  HandRuntime runtime;
  for (std::size_t step = 1; step < 8; ++step) {
    CAPTURE(step);
    runtime.block_on([step]() -> Task<void> {
      FramedRead items(source("aabbcc", step), PairCodec());
      CHECK(co_await all_of(items) == "[aa][bb][cc]");
      CHECK_FALSE(co_await items.next());
      FramedRead foreign(ForeignSource{"aabbcc", step}, PairCodec());
      CHECK(co_await all_of(foreign) == "[aa][bb][cc]");
    });
  }
}

TEST_CASE("IO15: io: an end inside a frame is an error, told once") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    FramedRead items(source("aab"), PairCodec());
    CHECK(co_await all_of(items) == "[aa]unexpected end of stream;");
    CHECK(co_await all_of(items) == "");
  });
}

TEST_CASE("IO15: io: after a decode error the stream ends, and may go on where the decoder can") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    FramedRead items(source("aa!!bb"), PairCodec());
    CHECK(co_await all_of(items) == "[aa]invalid data;");
    CHECK(co_await all_of(items) == "[bb]");
    FramedRead lines(source("abcdef\nx\n"), LinesCodec(3));
    CHECK(co_await all_of(lines) == "too large;");
    CHECK(co_await all_of(lines) == "[x]");
    FramedRead lengths(source(std::string("\0\0\0\5abcde\0\0\0\1x", 14)),
                       io::LengthDelimitedCodec({.max_frame_length = 4}));
    CHECK((co_await lengths.next())->error() == Errc::TooLarge);
    CHECK_FALSE(co_await lengths.next());
    CHECK_FALSE(co_await lengths.next());
  });
}

TEST_CASE("IO15: io: an error of the reader is told and ends the stream") {
  struct Broken {
    Task<Result<std::size_t>> read_some(std::span<std::byte>) { co_return Errc::ConnectionReset; }
  };
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    FramedRead items(Broken{}, PairCodec());
    CHECK(co_await all_of(items) == "connection reset;");
  });
}

TEST_CASE("IO15: io: a FramedRead asks its reader for 8 KiB first") {
  HandRuntime runtime;
  io::SimplexReader text = source("aa");
  CountingReader counting(text);
  runtime.block_on([&]() -> Task<void> {
    FramedRead items(counting, PairCodec());
    CHECK((co_await items.next())->value() == "aa");
    CHECK(counting.largest == 8 * 1024);
  });
}

TEST_CASE("IO15: io: next(), destroyed at any of its waits, loses no byte") {
  const std::string text = "one\ntwo\nthree\n";
  for (std::size_t aborted_after = 0; aborted_after < text.size(); ++aborted_after) {
    CAPTURE(aborted_after);
    HandRuntime runtime;
    auto [in, out] = io::simplex(64);
    FramedRead lines(in, LinesCodec(9));
    std::string told;
    auto reading = runtime.spawn([&]() -> Task<void> {
      while (auto line = co_await lines.next()) told += "[" + line->value() + "]";
    });
    for (std::size_t i = 0; i < aborted_after; ++i) {
      runtime.run_ready();
      REQUIRE(out.try_write(bytes_of(text).subspan(i, 1)));
    }
    reading.abort();
    runtime.run_ready();
    REQUIRE(out.try_write(bytes_of(text).subspan(aborted_after)));
    REQUIRE(out.try_shutdown(io::How::Write));
    told += runtime.block_on([&]() -> Task<std::string> { co_return co_await all_of(lines); });
    CHECK(told == "[one][two][three]");
  }
}

TEST_CASE("IO15: io: send writes the item, feed only above the boundary") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    RecordingWriter sink;
    FramedWrite items(sink, LinesCodec(99));
    CHECK(items.backpressure_boundary() == 8 * 1024);
    items.set_backpressure_boundary(8);
    CHECK(co_await items.feed("1234567"));
    CHECK(sink.writes.empty());
    CHECK(co_await items.feed("second"));
    CHECK(sink.writes == std::vector<std::string>{"1234567\n"});
    CHECK(sink.flushes == 1);
    CHECK(co_await items.send("third"));
    CHECK(sink.text() == "1234567\nsecond\nthird\n");
    CHECK(sink.flushes == 2);
    CHECK(co_await items.feed("last"));
    CHECK(co_await items.close());
    CHECK(sink.text() == "1234567\nsecond\nthird\nlast\n");
    CHECK(sink.shutdowns == 1);
  });
}

TEST_CASE("IO15: io: a FramedWrite writes to sinks that inherit from nothing") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    FramedWrite items(ForeignSink{}, LinesCodec(99));
    CHECK(co_await items.send("one"));
    CHECK(co_await items.feed(std::string("two")));
    CHECK(co_await items.close());
    CHECK(items.inner().text == "one\ntwo\n");
    CHECK(items.inner().shutdowns == 1);
  });
}

TEST_CASE("IO15: io: an item that cannot be encoded leaves nothing behind") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    RecordingWriter sink;
    FramedWrite items(sink, PairCodec());
    CHECK(co_await items.feed(std::string("aa")));
    CHECK((co_await items.send(std::string("bad"))).error() == Errc::InvalidArgument);
    CHECK(co_await items.send(std::string("bb")));
    CHECK(sink.text() == "aabb");
  });
}

TEST_CASE("IO15: io: a send destroyed at any of its waits leaves whole items, each written once") {
  for (std::size_t rounds = 1; rounds < 6; ++rounds) {
    CAPTURE(rounds);
    HandRuntime runtime;
    auto [reader, out] = io::simplex(3);
    FramedWrite items(out, LinesCodec(99));
    auto sending = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await items.send("0123456789")); });
    std::string got;
    for (std::size_t i = 1; i < rounds; ++i) {
      runtime.run_ready();
      got += drain(reader);
    }
    runtime.run_ready();
    sending.abort();
    runtime.run_ready();
    auto rest = runtime.spawn([&]() -> Task<void> { CHECK(co_await items.send("next")); });
    while (!rest.is_finished()) {
      runtime.run_ready();
      got += drain(reader);
    }
    CHECK(got == "0123456789\nnext\n");
  }
}

TEST_CASE("IO15: io: a feed that waits for room, destroyed, has not taken its item") {
  HandRuntime runtime;
  auto [reader, out] = io::simplex(3);
  FramedWrite items(out, LinesCodec(99));
  items.set_backpressure_boundary(4);
  auto feeding = runtime.spawn([&]() -> Task<void> {
    CHECK(co_await items.feed("first"));
    CHECK(co_await items.feed("never"));
  });
  runtime.run_ready();
  REQUIRE_FALSE(feeding.is_finished());
  feeding.abort();
  runtime.run_ready();
  CHECK(drain(reader) + std::string(items.write_buffer().view()) == "first\n");
}

TEST_CASE("IO15: io: both ends of a stream talk in items, and another codec takes over with what is buffered") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    auto [near, far] = io::duplex(64);
    Framed client(std::move(near), LinesCodec(99));
    Framed server(std::move(far), LinesCodec(99));
    CHECK(co_await client.feed("upgrade"));
    CHECK(co_await client.flush());
    CHECK(co_await client.inner().write_all(std::string_view("\0\2hi", 4)));
    CHECK((co_await server.next())->value() == "upgrade");
    CHECK(co_await server.send("yes"));
    CHECK((co_await client.next())->value() == "yes");

    auto parts = std::move(server).release();
    Framed binary(io::FramedParts<io::DuplexStream, io::LengthDelimitedCodec>{
        std::move(parts.stream), io::LengthDelimitedCodec({.size = 2}), std::move(parts.read_buffer),
        std::move(parts.write_buffer)});
    CHECK((co_await binary.next())->value().view() == "hi");
    CHECK(co_await binary.send("bye"));
    CHECK(co_await binary.close());
    FramedRead raw(client.inner(), io::BytesCodec());
    CHECK((co_await raw.next())->value().view() == std::string_view("\0\3bye", 5));
    CHECK_FALSE(co_await raw.next());
  });
}

}  // namespace
