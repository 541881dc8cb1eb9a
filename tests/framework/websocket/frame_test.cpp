#include <random>
#include <string>

#include <doctest/doctest.h>

#include "support/frame_player.h"
#include "websocket/frame.h"
#include "websocket/message_writer.h"

using namespace rondeau;
using support::play_frames;
using support::RawFrame;
using websocket::CloseCode;
using websocket::Role;

namespace {

/// What RFC 6455 §5.2 and §5.5 say of one frame that comes first; written apart from the parser.
std::string verdict_of(const RawFrame& frame, Role self) {
  const unsigned opcode = frame.first & 15;
  const bool fin = (frame.first & 0x80) != 0;
  const std::size_t size = frame.payload.size();
  const std::string bad = "refused 1002";
  if ((frame.first & 0x70) != 0) return bad;
  if (opcode > 10 || (opcode > 2 && opcode < 8)) return bad;
  if (frame.masked != (self == Role::Server)) return bad;
  if (opcode >= 8 && (!fin || frame.length_form != 0)) return bad;
  if (frame.length_form == 2 && size < 126) return bad;
  if (frame.length_form == 8 && size < 65536) return bad;
  if (opcode == 0) return bad;
  if (opcode == 8) return size == 0 ? "close 1005 " : bad;  // the payload is no code
  if (!fin) return "";
  const char* names[] = {"", "text", "binary", "", "", "", "", "", "", "ping", "pong"};
  return std::string(names[opcode]) + " " + std::to_string(size) + " " + frame.payload.substr(0, 64);
}

std::string frame(unsigned first, std::string payload) {
  return RawFrame{.first = first, .payload = std::move(payload), .length_form = -1}.bytes();
}

std::string close_frame(unsigned code, const std::string& reason = "") {
  return frame(0x88, std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + reason);
}

}  // namespace

TEST_CASE("websocket: every opcode with every flag, mask and form of length has its verdict (RFC 6455 §5.2)") {
  struct Length {
    std::size_t size;
    int form;
  };
  const Length lengths[] = {{0, 0}, {1, 0},   {125, 0},   {0, 2},     {125, 2},   {126, 2},
                            {0, 8}, {126, 8}, {65535, 2}, {65535, 8}, {65536, 8}, {100'000, 8}};
  for (const Role self : {Role::Server, Role::Client}) {
    for (unsigned first = 0; first < 256; ++first) {
      for (const bool masked : {false, true}) {
        for (const Length& length : lengths) {
          const RawFrame raw{first, std::string(length.size, 'a'), masked, length.form};
          const std::string bytes = raw.bytes();
          const std::string expected = verdict_of(raw, self);
          INFO("first ", first, " ", "masked ", masked, " ", "length.size ", length.size, " ", "length.form ",
               length.form);
          REQUIRE(play_frames(bytes, bytes.size(), self) == expected);
          // One by one, as long as it is about heads.
          if (length.size < 200) REQUIRE(play_frames(bytes, 1, self) == expected);
        }
      }
    }
  }
}

TEST_CASE("websocket: what is wrong with a head is refused at the byte that shows it") {
  struct Case {
    std::string bytes;
    std::string_view what;
  };
  using namespace std::string_literals;
  const Case cases[] = {
      {"\xC1"s, "RSV1 without an extension"},
      {"\x83"s, "unknown opcode"},
      {"\x8B"s, "unknown control opcode"},
      {"\x09"s, "a ping in pieces"},
      {"\x81\x05"s, "no mask"},
      {"\x89\xFE"s, "a ping of more than 125 bytes"},
      {"\x82\xFF\x80"s, "a length of 2^63"},
      {"\x82\xFE\x00\x7D"s, "125 in two bytes"},
      {"\x82\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF"s, "65535 in eight bytes"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    CHECK(play_frames(c.bytes, 1) == "refused 1002");
    CHECK(play_frames(c.bytes.substr(0, c.bytes.size() - 1), 1) == "");
  }
}

TEST_CASE("websocket: a length above the limit is refused before any of it has come, and asks for no memory") {
  const std::string head = std::string("\x82\xFF\x7F") + std::string(7, '\xFF') + "mask";
  CHECK(play_frames(head, 1) == "refused 1009");
}

TEST_CASE("websocket: fragments make one message, with control frames between them") {
  const std::string bytes = frame(0x01, "one ") + frame(0x89, "p") + frame(0x00, "") + frame(0x8A, "") +
                            frame(0x80, "two") + frame(0x02, "x") + frame(0x80, "y") + frame(0x81, "") +
                            close_frame(1000, "bye") + frame(0x81, "not read any more");
  const std::string expected = "ping 1 p; pong 0 ; text 7 one two; binary 2 xy; text 0 ; close 1000 bye";
  for (std::size_t step = 1; step <= bytes.size(); ++step) REQUIRE(play_frames(bytes, step) == expected);
}

TEST_CASE("websocket: a message cannot begin inside of another, nor go on where none began") {
  CHECK(play_frames(frame(0x01, "a") + frame(0x81, "b"), 1) == "refused 1002");
  CHECK(play_frames(frame(0x02, "a") + frame(0x02, "b"), 1) == "refused 1002");
  CHECK(play_frames(frame(0x80, "a"), 1) == "refused 1002");
  CHECK(play_frames(frame(0x81, "a") + frame(0x80, "b"), 1) == "text 1 a; refused 1002");
  CHECK(play_frames(frame(0x01, "a") + close_frame(1000), 1) == "close 1000 ");
}

TEST_CASE("websocket: text is UTF-8, told as soon as it cannot be, wherever frames and reads cut it (RFC 6455 §8.1)") {
  using namespace std::string_literals;
  const std::string good[] = {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"s,
                              "\xF0\x90\x80\x80"s,
                              "\xF4\x8F\xBF\xBF"s,
                              "\xEE\x80\x80"s,
                              "\xED\x9F\xBF"s,
                              "a\xC2\x80z"s,
                              "\0"s};
  // Up to and with the first byte that cannot be.
  const std::string bad[] = {"\x80"s,         "\xC0"s,          "\xC1"s,     "\xE0\x9F"s,      "\xED\xA0"s,
                             "\xF0\x8F"s,     "\xF4\x90"s,      "\xF5"s,     "\xFF"s,          "a\xC2z"s,
                             "\xE1\xBD\x41"s, "\xF0\x90\x80!"s, "\xC2\xC2"s, "ok\xF4\x8F\xFF"s};
  for (const std::string& text : good) {
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      const std::string bytes = frame(0x01, text.substr(0, cut)) + frame(0x80, text.substr(cut));
      const std::string expected = "text " + std::to_string(text.size()) + " " + text;
      REQUIRE(play_frames(bytes, 1) == expected);
      REQUIRE(play_frames(bytes, bytes.size()) == expected);
    }
    // A text that ends within a character.
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      if ((text[cut] & 0xC0) != 0x80) continue;
      REQUIRE(play_frames(frame(0x81, text.substr(0, cut)), 1) == "refused 1007");
      REQUIRE(play_frames(frame(0x01, text.substr(0, cut)) + frame(0x80, ""), 1) == "refused 1007");
    }
  }
  for (const std::string& text : bad) {
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      // The frame is far from complete, and still it is told.
      const std::string rest = text.substr(cut) + std::string(100, 'x');
      std::string bytes = frame(0x01, text.substr(0, cut)) + frame(0x80, rest);
      bytes.resize(bytes.size() - 100);
      INFO("text ", text, " ", "cut ", cut);
      REQUIRE(play_frames(bytes, 1) == "refused 1007");
      REQUIRE(play_frames(bytes, bytes.size()) == "refused 1007");
      bytes.pop_back();
      REQUIRE(play_frames(bytes, 1) == "");
    }
  }
  CHECK(play_frames(frame(0x82, "\xFF"), 1).starts_with("binary 1 "));
}

TEST_CASE("websocket: of the close codes 0 to 5000 those are taken that may be sent (RFC 6455 §7.4)") {
  for (unsigned code = 0; code <= 5000; ++code) {
    const bool good = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code < 5000);
    CAPTURE(code);
    CHECK(websocket::may_be_sent(static_cast<CloseCode>(code)) == good);
    CHECK(play_frames(close_frame(code), 1) == (good ? "close " + std::to_string(code) + " " : "refused 1002"));
  }
  CHECK(play_frames(close_frame(65535), 1) == "refused 1002");
}

TEST_CASE("websocket: a close frame has no payload, or a code and a reason in UTF-8 (RFC 6455 §5.5.1)") {
  CHECK(play_frames(frame(0x88, ""), 1) == "close 1005 ");
  CHECK(play_frames(frame(0x88, "\x03"), 1) == "refused 1002");
  CHECK(play_frames(close_frame(1001, "\xCE\xBA"), 1) == "close 1001 \xCE\xBA");
  CHECK(play_frames(close_frame(1001, "\xCE"), 1) == "refused 1007");
  CHECK(play_frames(close_frame(1000, std::string(123, 'r')), 7) == "close 1000 " + std::string(123, 'r'));
}

TEST_CASE("websocket: what is written is read by the other end, masked by a client only") {
  const auto make_mask = +[] { return websocket::Mask{'\x01', '\xfe', '\x00', '\x7f'}; };
  for (const Role writer : {Role::Server, Role::Client}) {
    for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 7, 125, 126, 127, 65535, 65536, 70'000}) {
      websocket::MessageWriter writes(writer == Role::Client ? make_mask : nullptr);
      http::OutputBuffer out;
      writes.append_message(out, websocket::Message::text(std::string(size, 'q')));
      writes.append_message(out, websocket::Message::binary(Bytes(std::string(size, '\xFF'))));
      writes.append_ping(out, "are you there");
      writes.append_pong(out, "");
      writes.append_close(out, {CloseCode::GoingAway, "done"});
      const std::string length = std::to_string(size) + " ";
      const std::size_t shown = std::min<std::size_t>(size, 64);
      const Role reader = writer == Role::Client ? Role::Server : Role::Client;
      CHECK(play_frames(out.view(), 1000, reader) == "text " + length + std::string(shown, 'q') + "; binary " + length +
                                                         std::string(shown, '\xFF') +
                                                         "; ping 13 are you there; pong 0 ; close 1001 done");
    }
  }
}

TEST_CASE("websocket: a close reason that is too long is cut between two characters") {
  websocket::MessageWriter writer;
  http::OutputBuffer out;
  std::string reason;
  while (reason.size() < 200) reason += "\xE1\xBD\xB9";
  writer.append_close(out, {CloseCode::Normal, reason});
  CHECK(play_frames(out.view(), 1, Role::Client) == "close 1000 " + reason.substr(0, 123));
  out.clear();
  writer.append_close(out, {CloseCode::NoStatus, "left out"});
  CHECK(play_frames(out.view(), 1, Role::Client) == "close 1005 ");
}

TEST_CASE("websocket: the mask by words is the mask by bytes, at every place and length") {
  std::random_device device;
  const auto seed = device();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string text(random() % 80, '\0');
    for (char& c : text) c = static_cast<char>(random());
    const websocket::Mask mask{static_cast<char>(random()), static_cast<char>(random()), static_cast<char>(random()),
                               static_cast<char>(random())};
    const std::size_t offset = random() % 9;
    const std::size_t from = text.empty() ? 0 : random() % text.size();
    std::string expected = text;
    for (std::size_t i = from; i < text.size(); ++i) expected[i] ^= mask[(offset + i - from) % 4];
    websocket::apply_mask(std::span(text).subspan(from), mask, offset);
    REQUIRE(text == expected);
  }
}
