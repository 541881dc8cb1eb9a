// What a peer may make us do: just below passes, just above is refused.
#include <chrono>
#include <initializer_list>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "support/frame_player.h"

using namespace rondeau;
using namespace std::chrono_literals;
using support::FramePlayer;
using support::RawFrame;

namespace {

std::string frame(unsigned first, std::string payload) {
  return RawFrame{.first = first, .payload = std::move(payload), .length_form = -1}.bytes();
}

}  // namespace

TEST_CASE("websocket: a message may have 1 MiB, in one frame or in many; above: 1009") {
  const http::WebSocketLimits limits;
  CHECK(limits.max_message == 1024 * 1024);
  const std::string whole(limits.max_message, 'm');
  FramePlayer one;
  one.feed(frame(0x82, whole));
  CHECK(one.told().starts_with("binary 1048576 "));
  one.feed(frame(0x82, whole + "m").substr(0, 14));
  CHECK(one.told().ends_with("; refused 1009"));

  FramePlayer many;
  many.feed(frame(0x02, whole.substr(0, 1000)));
  many.feed(frame(0x00, whole.substr(1000)));
  many.feed(frame(0x80, ""));
  CHECK(many.told().starts_with("binary 1048576 "));
  many.feed(frame(0x02, whole));
  many.feed(frame(0x80, "m").substr(0, 6));
  CHECK(many.told().ends_with("; refused 1009"));
}

TEST_CASE("websocket: a message may have 1,024 fragments below 16 bytes; above: 1008") {
  for (const std::string& small : {std::string(), std::string(15, 's')}) {
    const auto feed_most = [&](FramePlayer& player) {
      player.feed(frame(0x02, small));
      for (int i = 1; i < 1024; ++i) player.feed(frame(0x00, small));
      // Those that are not small are not counted.
      for (int i = 0; i < 100; ++i) player.feed(frame(0x00, std::string(16, 'l')));
      CHECK(player.told().empty());
    };
    FramePlayer good;
    feed_most(good);
    good.feed(frame(0x80, std::string(16, 'l')));
    CHECK(good.told().starts_with("binary "));
    // Whole messages have no fragments, and each message has its own count.
    for (int i = 0; i < 2000; ++i) good.feed(frame(0x82, ""));
    for (int i = 0; i < 600; ++i) good.feed(frame(0x02, "") + frame(0x80, ""));
    CHECK(good.told().find("refused") == std::string::npos);

    FramePlayer bad;
    feed_most(bad);
    bad.feed(frame(0x80, small));
    CHECK(bad.told() == "refused 1008");
  }
}

TEST_CASE("websocket: 200 control frames may come at once, then 50 a second; above: 1008") {
  const Instant begin = Instant() + 1h;
  // So many pings at each time, or one more at the last.
  const auto refused = [&](std::initializer_list<std::pair<int, std::chrono::milliseconds>> bursts, int more) {
    FramePlayer player;
    Instant now = begin;
    for (const auto& [count, later] : bursts) {
      now = begin + later;
      for (int i = 0; i < count; ++i) player.feed(frame(i % 2 == 0 ? 0x89 : 0x8A, ""), now);
    }
    for (int i = 0; i < more; ++i) player.feed(frame(0x89, ""), now);
    return player.told().ends_with("refused 1008");
  };
  CHECK_FALSE(refused({{200, 0ms}}, 0));
  CHECK(refused({{200, 0ms}}, 1));
  CHECK_FALSE(refused({{200, 0ms}, {1, 20ms}}, 0));
  CHECK(refused({{200, 0ms}, {1, 20ms}}, 1));
  CHECK_FALSE(refused({{200, 0ms}, {50, 1s}}, 0));
  CHECK(refused({{200, 0ms}, {50, 1s}}, 1));
  // An hour of silence is worth one burst.
  CHECK_FALSE(refused({{200, 0ms}, {200, 1h}}, 0));
  CHECK(refused({{200, 0ms}, {200, 1h}}, 1));
}
