// A WebSocket that is used by several threads, and one that is destroyed anywhere.
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/io/duplex.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/task/join_set.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/test/run.h>

#include "framework/websocket/upgraded_peer.h"
#include "support/frame_player.h"
#include "websocket/message_writer.h"

using namespace rondeau;
using support::RawFrame;
using websocket::Message;
using websocket::MessageReader;

namespace {

constexpr int kWriters = 4;
constexpr int kMessages = 400;

std::string frame(unsigned first, std::string payload) {
  return RawFrame{.first = first, .payload = std::move(payload), .length_form = -1}.bytes();
}

Task<void> write_many(WebSocketWriter<> writer, int number) {
  for (int i = 0; i < kMessages; ++i) {
    const std::string text = std::to_string(number) + " " + std::to_string(i) + std::string(500, ' ');
    if (!co_await writer.send(Message::text(text))) co_return;
    if (i % 7 == 0) co_await yield_now();
  }
}

/// Echoes nothing, counts; four others write meanwhile.
Task<void> talk_from_everywhere(WebSocket<> socket) {
  auto [reader, writer] = std::move(socket).split();
  JoinSet<void> writers;
  for (int i = 0; i < kWriters; ++i) writers.spawn(write_many(writer, i));
  auto reading = spawn(
      [](WebSocketReader<> in) -> Task<int> {
        int received = 0;
        while (co_await in.recv()) ++received;
        co_return received;
      },
      std::move(reader));
  while (co_await writers.join_next()) {
  }
  static_cast<void>(co_await writer.send(Message::text("all written")));
  const auto received = co_await std::move(reading);
  CHECK(received.value() == kMessages);
}

/// Sends messages, reads what comes, and ends when all is written.
Task<std::vector<int>> be_client(io::DuplexStream stream) {
  std::vector<int> counts(kWriters, 0);
  MessageReader reader(websocket::Role::Client, {});
  std::string bytes;
  bool done = false;
  for (int sent = 0; !done || sent < kMessages;) {
    if (sent < kMessages) {
      const std::string message = frame(0x81, "message " + std::to_string(sent++));
      CHECK(co_await stream.write_all(std::as_bytes(std::span(message))));
    }
    if (done) continue;
    std::array<char, 4096> room;
    const auto count = co_await stream.read_some(std::as_writable_bytes(std::span(room)));
    REQUIRE(count);
    REQUIRE(*count > 0);
    std::span<char> input(room.data(), *count);
    while (reader.next(input, Instant()) == MessageReader::Event::Message) {
      const Message message = reader.take_message();
      const std::string_view text = message.view();
      if (text == "all written") {
        done = true;
        continue;
      }
      int place = -1;
      std::from_chars(text.data() + 2, text.data() + text.size(), place);
      // Those of one writer come in its order, each in one piece.
      int& expected = counts.at(static_cast<std::size_t>(text[0] - '0'));
      CHECK(place == expected++);
    }
  }
  const std::string close = frame(0x88, "\x03\xE8");
  CHECK(co_await stream.write_all(std::as_bytes(std::span(close))));
  std::array<std::byte, 4096> room;
  for (;;) {
    const auto count = co_await stream.read_some(room);
    if (!count || *count == 0) break;
  }
  co_return counts;
}

}  // namespace

TEST_CASE("websocket: four tasks send and one receives at once, on several threads") {
  auto runtime = runtime::Builder::multi_thread().worker_threads(4).build();
  REQUIRE(runtime);
  const std::vector<int> counts = runtime->block_on([]() -> Task<std::vector<int>> {
    auto [ours, theirs] = io::duplex(16 * 1024);
    auto served = spawn(support::serve_websocket(std::move(theirs), {}, &talk_from_everywhere));
    auto client = spawn(be_client(std::move(ours)));
    std::vector<int> seen = (co_await std::move(client)).value();
    CHECK((co_await std::move(served)).has_value());
    co_return seen;
  }());
  CHECK(counts == std::vector<int>(kWriters, kMessages));
}

TEST_CASE("websocket: destroyed at any of its suspensions it leaves nothing, and its halves know") {
  test::run([]() -> Task<void> {
    std::unique_ptr<io::DuplexStream> peer;
    std::optional<WebSocketWriter<>> kept;
    const auto handler = [&kept](WebSocket<> socket) -> Task<void> {
      auto [reader, writer] = std::move(socket).split();
      kept = writer;
      while (auto message = co_await reader.recv()) {
        if (!co_await writer.send(*message)) break;
        co_await yield_now();
      }
    };
    const auto report = co_await test::CancelEverywhere{
        [&] {
          auto [ours, theirs] = io::duplex(64);
          peer = std::make_unique<io::DuplexStream>(std::move(ours));
          std::string bytes;
          for (int i = 0; i < 5; ++i) bytes += frame(0x81, std::string(10, 'm'));
          bytes += frame(0x89, "ping") + frame(0x88, "\x03\xE8");
          return support::serve_websocket(std::move(theirs), std::move(bytes), handler);
        },
        [&](const std::optional<std::monostate>&) {
          peer.reset();
          const bool knows = !kept || kept->close_reason().has_value();
          const bool refuses = !kept || kept->try_send(Message::text("late")).error() == Errc::Closed;
          kept.reset();
          return knows && refuses;
        }}.run();
    CHECK(report.problems.empty());
    CHECK(report.suspensions >= 5);
  });
}
