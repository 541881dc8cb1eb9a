#include <rondeau/io/byte_items.h>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/io/bytes_codec.h>
#include <rondeau/io/copy.h>
#include <rondeau/io/framed.h>
#include <rondeau/io/pieces.h>
#include <rondeau/io/read.h>
#include <rondeau/sync/mpsc.h>

#include "streams.h"
#include "support/hand_runtime.h"

namespace {

using namespace io_test;
using support::HandRuntime;

/// The messages of a channel.
struct Received {
  sync::Receiver<Bytes> receiver;
  auto next() { return receiver.recv(); }
};

static_assert(io::AsyncItems<Received>);
static_assert(io::AsyncBufRead<io::StreamReader<Received>>);
static_assert(io::AsyncWrite<io::SinkWriter<sync::Sender<Bytes>>>);

/// Gives what is in a list.
template <class Item>
struct Items {
  std::vector<Item> left;
  std::size_t at = 0;
  Task<std::optional<Item>> next() {
    co_await yield_now();
    if (at == left.size()) co_return std::nullopt;
    co_return left[at++];
  }
};

TEST_CASE("IO17: io: stream_from_reader gives what each read gave, at most 4 KiB, then the end") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    auto items = io::stream_from_reader(source(std::string(10'000, 'x'), 5'000));
    std::string sizes;
    while (auto item = co_await items.next()) sizes += std::to_string(item->value().size()) + " ";
    CHECK(sizes == "4096 4096 1808 ");
    CHECK_FALSE(co_await items.next());
    auto foreign = io::stream_from_reader(ForeignSource{"abcdef", 4}, 3);
    CHECK((co_await foreign.next())->value().view() == "abc");
    CHECK((co_await foreign.next())->value().view() == "def");
    CHECK_FALSE(co_await foreign.next());
  });
}

TEST_CASE("IO17: io: an item of stream_from_reader stays as it is when the next is read") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    std::string text;
    for (int i = 0; text.size() < 20'000; ++i) text += std::to_string(i) + ",";
    auto items = io::stream_from_reader(source(text), 3'000);
    std::vector<Bytes> all;
    while (auto item = co_await items.next()) all.push_back(item->value());
    std::string together;
    for (const Bytes& item : all) together += item.view();
    CHECK(together == text);
  });
}

TEST_CASE("IO17: io: a destroyed next() of stream_from_reader takes no byte, and an error ends it") {
  HandRuntime runtime;
  auto [in, out] = io::simplex(64);
  auto items = io::stream_from_reader(in);
  auto reading = runtime.spawn([&]() -> Task<void> { static_cast<void>(co_await items.next()); });
  runtime.run_ready();
  REQUIRE(out.try_write(bytes_of("kept")));
  reading.abort();
  runtime.run_ready();
  runtime.block_on([&]() -> Task<void> {
    CHECK((co_await items.next())->value().view() == "kept");
    struct Broken {
      Task<Result<std::size_t>> read_some(std::span<std::byte>) { co_return Errc::ConnectionReset; }
    };
    auto broken = io::stream_from_reader(Broken{});
    CHECK((co_await broken.next())->error() == Errc::ConnectionReset);
    CHECK_FALSE(co_await broken.next());
  });
}

TEST_CASE("IO17: io: reader_from_stream reads over the seams of the items") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    auto reader = io::reader_from_stream(Items<std::string>{{"one\nt", "", "wo\n", "three"}});
    auto lines = io::lines(std::move(reader), 99);
    std::string all;
    while (auto line = co_await lines.next()) all += "[" + line->value() + "]";
    CHECK(all == "[one][two][three]");
    auto bytes = io::reader_from_stream(Items<Bytes>{{Bytes::from_static("abc"), Bytes::from_static("de")}});
    std::string text;
    CHECK((co_await io::read_to_string(bytes, text, 99)).value() == 5);
    CHECK(text == "abcde");
  });
}

TEST_CASE("IO17: io: an error among the items is an error of the reader, which may go on behind it") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    using Item = Result<std::string>;
    auto reader = io::reader_from_stream(Items<Item>{{Item("ab"), Item(Errc::ConnectionReset), Item("cd")}});
    std::string text;
    CHECK((co_await io::read_to_string(reader, text, 99)).error() == Errc::ConnectionReset);
    CHECK((co_await io::read_to_string(reader, text, 99)).value() == 2);
    CHECK(text == "cd");
  });
}

TEST_CASE("IO17: io: what a sender sends is read, and what is written is received") {
  HandRuntime runtime;
  auto [sender, receiver] = sync::mpsc<Bytes>(2);
  std::string got;
  auto reading = runtime.spawn(
      [&got](sync::Receiver<Bytes> in) -> Task<void> {
        auto reader = io::reader_from_stream(Received{std::move(in)});
        CHECK(co_await io::read_to_string(reader, got, 99'999));
      },
      std::move(receiver));
  auto writing = runtime.spawn(
      [](sync::Sender<Bytes> out) -> Task<void> {
        auto writer = io::sink_writer(std::move(out));
        io::SimplexReader from = source(std::string(50'000, 'x'));
        CHECK((co_await io::copy(from, writer)).value() == 50'000);
        CHECK(co_await writer.shutdown());
        CHECK((co_await writer.write_some(bytes_of("x"))).error() == Errc::BrokenPipe);
      },
      std::move(sender));
  runtime.run_ready();
  CHECK(writing.is_finished());
  CHECK(reading.is_finished());
  CHECK(got == std::string(50'000, 'x'));
}

TEST_CASE("IO17: io: a write to a sink nobody receives from fails, one that is destroyed sends nothing") {
  HandRuntime runtime;
  auto [sender, receiver] = sync::mpsc<Bytes>(1);
  auto writer = io::sink_writer(sender);
  auto writing = runtime.spawn([&]() -> Task<void> {
    CHECK(co_await writer.write_some(bytes_of("first")));
    static_cast<void>(co_await writer.write_some(bytes_of("second")));
  });
  runtime.run_ready();
  writing.abort();
  runtime.run_ready();
  CHECK(receiver.try_recv().value().view() == "first");
  CHECK_FALSE(receiver.try_recv());
  receiver.close();
  runtime.block_on([&]() -> Task<void> { CHECK((co_await writer.write_some(bytes_of("x"))).error() == Errc::Closed); });
}

TEST_CASE("IO17: io: a FramedWrite as a writer is flushed and closed as one") {
  HandRuntime runtime;
  runtime.block_on([]() -> Task<void> {
    RecordingWriter sink;
    auto writer = io::sink_writer(io::FramedWrite(sink, io::BytesCodec()));
    CHECK(co_await io::write_all(writer, bytes_of("some")));
    CHECK(sink.writes.empty());
    CHECK(co_await writer.flush());
    CHECK(sink.text() == "some");
    CHECK(co_await writer.shutdown());
    CHECK(sink.shutdowns == 1);
  });
}

}  // namespace
