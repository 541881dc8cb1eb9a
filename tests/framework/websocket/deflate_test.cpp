// permessage-deflate (RFC 7692): what is agreed on, and messages both ways.
#include <random>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/testing/test_app.h>

#include "support/frame_player.h"
#include "websocket/extensions.h"
#include "websocket/message_writer.h"

using namespace rondeau;
using support::play_frames;
using support::RawFrame;
using websocket::Compression;
using websocket::DeflateTerms;
using websocket::Inflater;
using websocket::Role;

namespace {

std::string frame(unsigned first, std::string payload) {
  return RawFrame{.first = first, .payload = std::move(payload), .length_form = -1}.bytes();
}

std::string play(const std::string& bytes, const http::WebSocketLimits& limits = {}) {
  const std::string whole = play_frames(bytes, bytes.size(), Role::Server, limits, DeflateTerms());
  CHECK(play_frames(bytes, 1, Role::Server, limits, DeflateTerms()) == whole);
  return whole;
}

std::string compressed(const std::string& message) {
  websocket::Deflater deflater(DeflateTerms{.we_forget = false, .smallest = 0});
  std::string out;
  REQUIRE(deflater.deflate(message, out));
  return out;
}

// RFC 7692 §7.2.3.1 and on: "Hello" by itself, as a stored block, and in a last block.
const std::string kHello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
const std::string kStored("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11);
const std::string kLast("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8);

std::string random_text(std::size_t size) {
  std::mt19937 random(7);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

}  // namespace

TEST_CASE("websocket: of the offers of permessage-deflate the first good one is taken (RFC 7692 §7.1)") {
  struct Case {
    std::string_view offer;
    std::string_view answer;  // "": declined
  };
  const std::string_view both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  const Case cases[] = {
      {"permessage-deflate", both},
      {"permessage-deflate; client_max_window_bits", both},
      {"permessage-deflate; client_max_window_bits=10", both},
      {"permessage-deflate;client_max_window_bits=\"8\";server_no_context_takeover", both},
      {"permessage-deflate ; server_no_context_takeover ; client_no_context_takeover", both},
      {"permessage-deflate; server_max_window_bits=15",
       "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15"},
      {"permessage-deflate; server_max_window_bits=\"9\"",
       "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9"},
      // Windows of 8 bits are more than zlib can do.
      {"permessage-deflate; server_max_window_bits=8", ""},
      {"permessage-deflate; server_max_window_bits=8, permessage-deflate", both},
      {"x-webkit-deflate-frame, permessage-deflate", both},
      {"other; a=\"x,y\", permessage-deflate", both},
      // Malformed.
      {"permessage-deflate; server_max_window_bits", ""},
      {"permessage-deflate; server_max_window_bits=", ""},
      {"permessage-deflate; server_max_window_bits=7", ""},
      {"permessage-deflate; server_max_window_bits=16", ""},
      {"permessage-deflate; server_max_window_bits=010", ""},
      {"permessage-deflate; server_max_window_bits=+9", ""},
      {"permessage-deflate; server_max_window_bits=\"9", ""},
      {"permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", ""},
      {"permessage-deflate; client_max_window_bits=", ""},
      {"permessage-deflate; client_max_window_bits=16", ""},
      {"permessage-deflate; client_max_window_bits; client_max_window_bits=9", ""},
      {"permessage-deflate; server_no_context_takeover=1", ""},
      {"permessage-deflate; server_no_context_takeover=", ""},
      {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", ""},
      {"permessage-deflate; client_no_context_takeover=true", ""},
      {"permessage-deflate; client_no_context_takeover; client_no_context_takeover", ""},
      {"permessage-deflate; unknown", ""},
      {"permessage-deflate; Server_No_Context_Takeover", ""},
      {"permessage-deflate;", ""},
      {"permessage-deflate; ; client_max_window_bits", ""},
      {"permessage-deflate=1", ""},
      {"Permessage-Deflate", ""},
      {"deflate", ""},
      {"", ""},
  };
  for (const Case& c : cases) {
    INFO(c.offer);
    const auto accepted = websocket::accept_deflate(c.offer, Compression());
    CHECK((accepted ? accepted->answer : "") == c.answer);
  }

  const Compression keeps{.server_context_takeover = true, .client_context_takeover = true};
  CHECK(websocket::accept_deflate("permessage-deflate", keeps)->answer == "permessage-deflate");
  const auto asked = websocket::accept_deflate(
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12", keeps);
  CHECK(asked->answer ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12");
  CHECK(asked->terms == DeflateTerms{12, true, true, 256});
}

TEST_CASE("websocket: a handshake agrees on compression where both want it") {
  const auto handler = [](WebSocket<>) -> Task<void> { co_return; };
  Router<> routes;
  routes.ws<"/on">(handler);
  routes.ws<"/off">(handler, {.compression = std::nullopt});
  TestApp app(routes);
  const auto answer_of = [&](const std::string& path, const std::string& offer) {
    return app.wire("GET " + path + " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" + offer +
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  };
  const std::string offer =
      "Sec-WebSocket-Extensions: permessage-deflate; x\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
  const std::string field = "\r\nSec-WebSocket-Extensions: permessage-deflate; ";
  CHECK((answer_of("/on", offer).find(field) != std::string::npos) == websocket::has_deflate());
  CHECK(answer_of("/on", "").find("Extensions") == std::string::npos);
  CHECK(answer_of("/off", offer).find("Extensions") == std::string::npos);
}

TEST_CASE("websocket: compressed messages are read, in whatever blocks and frames (RFC 7692 §7.2.3)" *
          doctest::skip(!websocket::has_deflate())) {
  for (const std::string& hello : {kHello, kStored, kLast}) {
    CHECK(play(frame(0xC1, hello)) == "text 5 Hello");
    for (std::size_t cut = 0; cut <= hello.size(); ++cut) {
      CHECK(play(frame(0x42, hello.substr(0, cut)) + frame(0x89, "") + frame(0x80, hello.substr(cut))) ==
            "ping 0 ; binary 5 Hello");
    }
  }
  CHECK(play(frame(0xC1, kHello) + frame(0x81, "plain") + frame(0xC1, "")) == "text 5 Hello; text 5 plain; text 0 ");
  // Two blocks in one message, and one that ends behind a last block.
  CHECK(play(frame(0xC1, kHello + std::string("\x00\x00\xff\xff", 4) + kHello)) == "text 10 HelloHello");
}

TEST_CASE("websocket: RSV1 stands on the first frame of a message alone" * doctest::skip(!websocket::has_deflate())) {
  CHECK(play(frame(0x41, kHello.substr(0, 3)) + frame(0xC0, kHello.substr(3))) == "refused 1002");
  CHECK(play(frame(0x01, "a") + frame(0xC0, "b")) == "refused 1002");
  for (const unsigned control : {0xC8U, 0xC9U, 0xCAU}) CHECK(play(frame(control, "")) == "refused 1002");
  CHECK(play(frame(0xA1, kHello)) == "refused 1002");
  CHECK(play(frame(0x91, kHello)) == "refused 1002");
}

TEST_CASE("websocket: what is compressed is held to the rules of what it says" *
          doctest::skip(!websocket::has_deflate())) {
  CHECK(play(frame(0xC1, compressed("abc\xED\xA0\x80 and more"))) == "refused 1007");
  CHECK(play(frame(0xC1, compressed("this text ends within \xCE"))) == "refused 1007");
  CHECK(play(frame(0xC2, "\xFF\xFF\xFF\xFF")) == "refused 1007");
  CHECK(play(frame(0xC2, kHello.substr(0, 4))) == "refused 1007");
  // Last blocks without end: each costs us more than the peer.
  std::string last_blocks;
  for (int i = 0; i < 100; ++i) last_blocks += std::string("\x03\x00", 2);
  CHECK(play(frame(0xC2, last_blocks)) == "refused 1007");
}

TEST_CASE("websocket: a bomb is refused at the limit, not behind it" * doctest::skip(!websocket::has_deflate())) {
  http::WebSocketLimits limits;
  limits.max_message = 1000;
  CHECK(play(frame(0xC2, compressed(std::string(1000, 'b'))), limits).starts_with("binary 1000 "));
  CHECK(play(frame(0xC2, compressed(std::string(1001, 'b'))), limits) == "refused 1009");
  const std::string bomb = compressed(std::string(100'000'000, '\0'));
  REQUIRE(bomb.size() < 500'000);
  CHECK(play_frames(frame(0xC2, bomb), bomb.size(), Role::Server, {}, DeflateTerms()) == "refused 1009");
  std::string out;
  CHECK(Inflater(DeflateTerms()).inflate(bomb, out, 1000) == Inflater::Outcome::TooLarge);
  CHECK(out.size() == 1001);
  CHECK(out.capacity() < 20'000);
  // What does not shrink is a little longer compressed.
  const std::string noise = random_text(1000);
  std::string stored = std::string("\x00\xE8\x03\x17\xFC", 5) + noise + std::string(1, '\0');
  CHECK(play(frame(0xC2, stored), limits).starts_with("binary 1000 "));
  CHECK(play(frame(0xC2, std::string(1100, 'x')), limits) == "refused 1009");
}

TEST_CASE("websocket: what is written compressed is read by the other end, with and without what was before" *
          doctest::skip(!websocket::has_deflate())) {
  for (const bool forgets : {true, false}) {
    for (const int window : {9, 12, 15}) {
      const DeflateTerms writes{.our_window = window, .we_forget = forgets};
      websocket::MessageWriter writer(nullptr, writes);
      http::OutputBuffer out;
      std::string expected;
      std::size_t first = 0;
      for (const std::string& text : {std::string(100'000, 'a'), std::string(255, 's'), random_text(70'000),
                                      std::string(100'000, 'a'), std::string(256, 'l'), std::string(256, 'l')}) {
        const std::size_t before = out.size();
        writer.append_message(out, websocket::Message::binary(Bytes(text)));
        const std::size_t size = out.size() - before;
        if (text.size() == 255) CHECK(size == 2 + 2 + 255);
        if (text.size() == 256) CHECK(size < 40);
        if (text.size() == 100'000 && first == 0) first = size;
        if (text.size() == 70'000) CHECK(size >= 70'000);
        expected +=
            (expected.empty() ? "" : "; ") + ("binary " + std::to_string(text.size()) + " ") + text.substr(0, 64);
      }
      CHECK(first < 2000);
      const DeflateTerms reads{.peer_forgets = forgets};
      for (const std::size_t step : {std::size_t{1000}, out.size()}) {
        CHECK(play_frames(out.view(), step, Role::Client, {}, reads) == expected);
      }
    }
  }
}

TEST_CASE("websocket: an echo of compressed messages is compressed, of small ones it is not" *
          doctest::skip(!websocket::has_deflate())) {
  Router<> routes;
  routes.ws<"/">([](WebSocket<> socket) -> Task<void> {
    while (auto message = co_await socket.recv()) static_cast<void>(co_await socket.send(*message));
  });
  TestApp app(routes);
  auto socket = app.get("/").header("Sec-WebSocket-Extensions", "permessage-deflate").websocket();
  socket.wire().send(frame(0xC1, kHello));
  CHECK(socket.wire().received() == std::string("\x81\x05Hello"));
  socket.wire().send(frame(0x81, std::string(1000, 'x')));
  const std::string answer = socket.wire().received();
  CHECK(answer.size() < 50);
  CHECK(play_frames(answer, 1, Role::Client, {}, DeflateTerms()) == "text 1000 " + std::string(64, 'x'));
}
