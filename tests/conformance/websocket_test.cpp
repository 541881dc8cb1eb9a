// Frames of WebSocket against the whole server: what it says to them, whole, cut, and between two good messages. The
// reader alone is held to every opcode, flag, length and close code in tests/framework/websocket/frame_test.cpp.
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

#include "support/frame_player.h"
#include "support/wire_ways.h"

using namespace rondeau;
using support::RawFrame;
using testing::Pieces;

namespace {

constexpr std::string_view kHandshake =
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

Task<void> echo(WebSocket<> socket) {
  while (auto message = co_await socket.recv()) {
    if (!co_await socket.send(*message)) break;
  }
}

Router<> service() {
  Router<> app;
  app.ws<"/ws">(&echo);
  return app;
}

struct Row {
  std::string what;
  std::string bytes;
  std::string told;  ///< what the server says, as FramePlayer writes it
};

std::string frame(unsigned first, std::string payload) {
  return RawFrame{.first = first, .payload = std::move(payload), .length_form = -1}.bytes();
}

std::string close_frame(unsigned code, const std::string& reason = "") {
  return frame(0x88, std::string{static_cast<char>(code >> 8U), static_cast<char>(code)} + reason);
}

std::string repeated(std::size_t times, const std::string& once) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += once;
  return all;
}

const std::string kProtocol = "close 1002";
const std::string kText = "close 1007";
const std::string kPolicy = "close 1008";
const std::string kSize = "close 1009";

std::vector<Row> served() {
  const std::string most(1024 * 1024, 'm');
  return {
      {"a text (RFC 6455 §5.6)", frame(0x81, "hello"), "text 5 hello"},
      {"bytes (RFC 6455 §5.6)", frame(0x82, "\xff"), "binary 1 \xff"},
      {"nothing at all (RFC 6455 §5.6)", frame(0x81, ""), "text 0 "},
      {"the longest length of one byte (RFC 6455 §5.2)", frame(0x82, std::string(125, 'x')),
       "binary 125 " + std::string(64, 'x')},
      {"the shortest of two (RFC 6455 §5.2)", frame(0x82, std::string(126, 'x')), "binary 126 " + std::string(64, 'x')},
      {"the shortest of eight (RFC 6455 §5.2)", frame(0x82, std::string(65'536, 'x')),
       "binary 65536 " + std::string(64, 'x')},
      {"a text in pieces, a ping among them (RFC 6455 §5.4)",
       frame(0x01, "he") + frame(0x89, "are you there") + frame(0x00, "") + frame(0x80, "llo"),
       "pong 13 are you there; text 5 hello"},
      {"a character cut in two (RFC 6455 §8.1)", frame(0x01, "\xce") + frame(0x80, "\xba"), "text 2 \xce\xba"},
      {"a ping (RFC 6455 §5.5.2)", frame(0x89, ""), "pong 0 "},
      {"a ping of 125 bytes (RFC 6455 §5.5)", frame(0x89, std::string(125, 'p')), "pong 125 " + std::string(64, 'p')},
      {"a pong that nobody asked for (RFC 6455 §5.5.3)", frame(0x8a, "x"), ""},
      {"as long as a message may be", frame(0x82, most), "binary 1048576 " + std::string(64, 'm')},
      {"as many small pieces as a message may have",
       frame(0x02, "") + repeated(1023, frame(0x00, "")) + frame(0x80, std::string(16, 'l')),
       "binary 16 " + std::string(16, 'l')},
      {"as many pongs as may come at once", repeated(200, frame(0x8a, "")), ""},
  };
}

std::vector<Row> closing() {
  std::vector<Row> rows = {
      {"a close without a code (RFC 6455 §5.5.1)", frame(0x88, ""), "close 1005 "},
      {"a close within a message (RFC 6455 §5.4)", frame(0x01, "a") + close_frame(1000), "close 1000"},
      {"nothing is read behind a close (RFC 6455 §5.5.1)", close_frame(1000) + frame(0x83, "x"), "close 1000"},
      {"half a code (RFC 6455 §5.5.1)", frame(0x88, "\x03"), kProtocol},
      {"a reason that is no UTF-8 (RFC 6455 §5.5.1)", close_frame(1000, "\xc0"), kText},
      {"a reason that is too long (RFC 6455 §5.5)",
       RawFrame{.first = 0x88, .payload = std::string("\x03\xe8") + std::string(124, 'r'), .length_form = 2}.bytes(),
       kProtocol},
  };
  for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1011U, 1014U, 3000U, 4999U}) {
    const std::string text = std::to_string(code);
    rows.push_back({"a close with " + text + " (RFC 6455 §7.4)", close_frame(code, "bye"), "close " + text});
  }
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U}) {
    rows.push_back({"a close with " + std::to_string(code) + " (RFC 6455 §7.4)", close_frame(code), kProtocol});
  }
  return rows;
}

std::vector<Row> refused() {
  using namespace std::string_literals;
  const auto raw = [](unsigned first, std::size_t size, bool masked, int form) {
    return RawFrame{.first = first, .payload = std::string(size, 'x'), .masked = masked, .length_form = form}.bytes();
  };
  const std::string most(1024 * 1024, 'm');
  std::vector<Row> rows = {
      {"a frame without a mask (RFC 6455 §5.1)", raw(0x81, 5, false, 0), kProtocol},
      {"a close without a mask (RFC 6455 §5.1)", raw(0x88, 0, false, 0), kProtocol},
      {"RSV1 without an extension (RFC 6455 §5.2)", raw(0xc1, 5, true, 0), kProtocol},
      {"RSV2 (RFC 6455 §5.2)", raw(0xa1, 5, true, 0), kProtocol},
      {"RSV3 (RFC 6455 §5.2)", raw(0x91, 5, true, 0), kProtocol},
      {"RSV1 of a ping (RFC 6455 §5.2)", raw(0xc9, 0, true, 0), kProtocol},
      {"a ping in pieces (RFC 6455 §5.5)", raw(0x09, 0, true, 0), kProtocol},
      {"a close in pieces (RFC 6455 §5.5)", raw(0x08, 0, true, 0), kProtocol},
      {"a ping of 126 bytes (RFC 6455 §5.5)", raw(0x89, 126, true, 2), kProtocol},
      {"a length in two bytes that needs one (RFC 6455 §5.2)", raw(0x82, 125, true, 2), kProtocol},
      {"a length in eight bytes that needs two (RFC 6455 §5.2)", raw(0x82, 65'535, true, 8), kProtocol},
      {"a length of 2^63 (RFC 6455 §5.2)", "\x82\xff\x80"s + std::string(7, '\0') + "mask", kProtocol},
      {"a length of 2^63-1, for which no memory is asked (RFC 6455 §10.4)",
       "\x82\xff\x7f"s + std::string(7, '\xff') + "mask", kSize},
      {"a piece of no message (RFC 6455 §5.4)", frame(0x80, "a"), kProtocol},
      {"a message within a message (RFC 6455 §5.4)", frame(0x01, "a") + frame(0x81, "b"), kProtocol},
      {"one byte more than a message may have", frame(0x82, most + "m"), kSize},
      {"one byte more in two pieces", frame(0x02, most) + frame(0x80, "m"), kSize},
      {"one small piece more than a message may have", frame(0x02, "") + repeated(1024, frame(0x00, "")), kPolicy},
      {"one pong more than may come at once", repeated(201, frame(0x8a, "")), kPolicy},
      {"a text that ends within a character (RFC 6455 §8.1)", frame(0x81, "\xce"), kText},
  };
  for (const char* text : {"\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "a\xc2z"}) {
    rows.push_back({"a text that is no UTF-8 (RFC 6455 §8.1)", frame(0x81, text), kText});
    rows.push_back({"a text in pieces that is no UTF-8 (RFC 6455 §8.1)", frame(0x01, text) + frame(0x80, "z"), kText});
  }
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    rows.push_back(
        {"opcode " + std::to_string(opcode) + " (RFC 6455 §5.2)", raw(0x80U | opcode, 0, true, 0), kProtocol});
  }
  return rows;
}

/// Sends the pieces, and compares what the server says. Empty: as expected.
std::string play(TestApp& app, const std::string& expected, const Pieces& pieces) {
  testing::Wire wire = app.connect();
  support::FramePlayer player(websocket::Role::Client);
  std::string head;
  bool behind_head = false;
  for (const std::string_view piece : pieces) {
    wire.send(piece);
    const std::string came = wire.received();
    if (behind_head) {
      player.feed(came);
      continue;
    }
    head += came;
    const std::size_t end = head.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    behind_head = true;
    player.feed(std::string_view(head).substr(end + 4));
  }
  if (!head.starts_with("HTTP/1.1 101 ")) return "no handshake: " + head.substr(0, 80);
  // The reason of a close is for people.
  const bool closes = expected.find("close ") != std::string::npos;
  const bool same = closes ? player.told().starts_with(expected) : player.told() == expected;
  if (!same) return "it says: " + player.told().substr(0, 200);
  if (player.behind_end() != 0) return std::to_string(player.behind_end()) + " bytes came behind its close";
  if (wire.closed() != closes) return closes ? "the connection is open" : "the connection is closed";
  return {};
}

template <class Check>
void for_each_row(Check check) {
  TestApp app(service());
  for (const std::vector<Row>& rows : {served(), closing(), refused()}) {
    for (const Row& row : rows) {
      const std::string wrong = check(app, row);
      if (!wrong.empty()) FAIL_CHECK(row.what << ": expected " << row.told.substr(0, 80) << "; " << wrong);
      app.advance(Limits().linger);
      REQUIRE(app.live_tasks() == 0);
    }
  }
}

std::string all_of(const Row& row) {
  return std::string(kHandshake) + row.bytes;
}

}  // namespace

TEST_CASE("websocket: bytes behind a close are seen") {
  const std::string close("\x88\x02\x03\xe8", 4);
  const std::string pong("\x8a\x00", 2);
  for (const std::string& all : {pong + close, pong + close + pong, pong + close + pong.substr(0, 1)}) {
    support::FramePlayer whole(websocket::Role::Client);
    whole.feed(all);
    support::FramePlayer one_by_one(websocket::Role::Client);
    for (const char c : all) one_by_one.feed(std::string_view(&c, 1));
    for (const auto* player : {&whole, &one_by_one}) {
      CHECK(player->told() == "pong 0 ; close 1000 ");
      CHECK(player->behind_end() == all.size() - pong.size() - close.size());
    }
  }
}

TEST_CASE("websocket: the server answers every row as it is written") {
  for_each_row([](TestApp& app, const Row& row) { return play(app, row.told, {all_of(row)}); });
}

TEST_CASE("websocket: answers are the same when the bytes come one by one") {
  for_each_row([](TestApp& app, const Row& row) -> std::string {
    const std::string bytes = all_of(row);
    return bytes.size() > 8192 ? "" : play(app, row.told, testing::one_by_one(bytes));
  });
}

TEST_CASE("websocket: answers are the same when the bytes are cut in two anywhere") {
  for_each_row([](TestApp& app, const Row& row) {
    const std::string bytes = all_of(row);
    return testing::cut_in_two(bytes, bytes.size() / 8 + 1,
                               [&](const Pieces& pieces) { return play(app, row.told, pieces); });
  });
}

// Who closes is not told what its last messages would have been answered: the good one in front has a write of its own.
TEST_CASE("websocket: answers are the same between two good messages, of which the second is not read behind a close") {
  for_each_row([](TestApp& app, const Row& row) {
    const std::string front = std::string(kHandshake) + frame(0x81, "before");
    const std::string rest = row.bytes + frame(0x81, "marker");
    std::string told = "text 6 before" + (row.told.empty() ? "" : "; " + row.told);
    if (told.find("close ") == std::string::npos) told += "; text 6 marker";
    const std::string wrong = play(app, told, {front, rest});
    const std::string whole = front + rest;
    return !wrong.empty() || whole.size() > 8192 ? wrong : play(app, told, testing::one_by_one(whole));
  });
}
