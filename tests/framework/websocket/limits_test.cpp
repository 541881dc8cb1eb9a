// What a peer may make us do: just below passes, just above is refused.
#include <chrono>
#include <string>

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
    FramePlayer player;
    player.feed(frame(0x02, small));
    for (int i = 1; i < 1024; ++i) player.feed(frame(0x00, small));
    // Those that are not small are not counted.
    for (int i = 0; i < 100; ++i) player.feed(frame(0x00, std::string(16, 'l')));
    CHECK(player.told().empty());
    FramePlayer ended = player;
    ended.feed(frame(0x80, std::string(16, 'l')));
    CHECK(ended.told().starts_with("binary "));
    player.feed(frame(0x80, small));
    CHECK(player.told() == "refused 1008");
    // Each message has its own count; whole ones have no fragments.
    for (int i = 0; i < 2000; ++i) ended.feed(frame(0x82, ""));
    CHECK(ended.told().find("refused") == std::string::npos);
  }
}

TEST_CASE("websocket: 200 control frames may come at once, then 50 a second; above: 1008") {
  FramePlayer player;
  const Instant begin = Instant() + 1h;
  for (int i = 0; i < 200; ++i) player.feed(frame(i % 2 == 0 ? 0x89 : 0x8A, ""), begin);
  CHECK(player.told().find("refused") == std::string::npos);
  FramePlayer flooded = player;
  flooded.feed(frame(0x89, ""), begin + 19ms);
  CHECK(flooded.told().ends_with("refused 1008"));
  for (int i = 0; i < 50; ++i) player.feed(frame(0x89, ""), begin + 1s);
  CHECK(player.told().find("refused") == std::string::npos);
  FramePlayer again = player;
  again.feed(frame(0x89, ""), begin + 1s);
  CHECK(again.told().ends_with("refused 1008"));
  // An hour of silence is worth one burst.
  for (int i = 0; i < 200; ++i) player.feed(frame(0x89, ""), begin + 1h);
  CHECK(player.told().find("refused") == std::string::npos);
  player.feed(frame(0x89, ""), begin + 1h);
  CHECK(player.told().ends_with("refused 1008"));
}
