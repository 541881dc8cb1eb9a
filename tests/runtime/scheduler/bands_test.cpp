#include "scheduler/bands.h"

#include <algorithm>
#include <array>
#include <string>

#include <doctest/doctest.h>

#include "scheduler/band_ages.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using namespace scheduler;

constexpr unsigned kI = BandTurns::bit(Priority::Interactive);
constexpr unsigned kN = BandTurns::bit(Priority::Normal);
constexpr unsigned kB = BandTurns::bit(Priority::Background);

std::string play(BandTurns& turns, unsigned waiting, int count, std::uint32_t now = 0, std::uint32_t step = 0) {
  std::string played;
  for (int i = 0; i < count; ++i, now += step) {
    const Priority band = turns.next(waiting, now);
    turns.ran(band, now);
    played += "INB"[index_of(band)];
  }
  return played;
}

TEST_CASE("TK9: bands: turns go 8 : 4 : 1 where all have work, by those numbers where some have") {
  BandTurns turns;
  CHECK(play(turns, kI | kN | kB, 26) == "IIIIIIIINNNNBIIIIIIIINNNNB");
  BandTurns without_normal;
  CHECK(play(without_normal, kI | kB, 18) == "IIIIIIIIBIIIIIIIIB");
  BandTurns without_interactive;
  CHECK(play(without_interactive, kN | kB, 10) == "NNNNBNNNNB");
  BandTurns alone;
  CHECK(play(alone, kB, 3) == "BBB");
}

TEST_CASE("TK9: bands: a band that was empty waits for five turns of the others at most") {
  for (int before = 0; before < 40; ++before) {
    CAPTURE(before);
    BandTurns turns;
    play(turns, kI | kN | kB, 8);  // its own turns of the cycle are used up
    play(turns, kN | kB, before);
    CHECK(play(turns, kI | kN | kB, 6).find('I') <= 5);
  }
}

TEST_CASE("TK9: bands: a band that waited for 100 ms is next, the one that waited longest first") {
  BandTurns turns;
  CHECK(turns.next(kI | kN | kB, 0) == Priority::Interactive);
  turns.ran(Priority::Interactive, 6);
  turns.ran(Priority::Normal, 1);
  CHECK(turns.next(kI | kN | kB, 6) == Priority::Interactive);
  CHECK(turns.next(kI | kN | kB, 7) == Priority::Background);
  turns.ran(Priority::Background, 7);
  CHECK(turns.next(kI | kN | kB, 8) == Priority::Normal);
  SUBCASE("not one that is empty, nor one whose task came a moment ago") {
    CHECK(turns.next(kI | kB, 13) == Priority::Interactive);
    turns.came(Priority::Normal, 13);
    turns.ran(Priority::Interactive, 13);
    turns.ran(Priority::Background, 13);
    CHECK(turns.next(kI | kN | kB, 19) == Priority::Interactive);
  }
  SUBCASE("so long runs share the time evenly") {
    BandTurns slow;
    CHECK(play(slow, kI | kN | kB, 9, 100, BandTurns::kAged).find("III") == std::string::npos);
  }
}

TEST_CASE("TK9: bands: runs from the LIFO slot are paid with later turns, but not with all to come") {
  BandTurns turns;
  const auto count_interactive = [&](const std::string& played) {
    return std::ranges::count(played, 'I');
  };
  for (int i = 0; i < 8; ++i) turns.ran(Priority::Interactive, 0);
  CHECK(play(turns, kI | kN | kB, 5) == "NNNNB");
  for (int i = 0; i < 1000; ++i) turns.ran(Priority::Interactive, 0);
  CHECK(count_interactive(play(turns, kI | kN | kB, 26)) >= 8);
}

TEST_CASE("ME3: bands: the age of a queue is that of what was there at an earlier look and is there still") {
  const auto at = [](int ms) { return Instant::from_nanoseconds(0) + Duration(std::chrono::milliseconds(ms)); };
  BandAges ages(2);
  std::array<Progress, 2> queues{};
  const auto look = [&](int ms) {
    ages.look(at(ms), kAllBands, [&](std::size_t i, Priority band) { return band == Priority::Normal ? queues[i] : Progress{}; });
  };
  look(10);
  CHECK(ages.oldest(Priority::Normal, at(15)) == 0ms);
  queues[0] = {.popped = 4, .pushed = 7};
  look(20);
  CHECK(ages.oldest(Priority::Normal, at(25)) == 5ms);
  CHECK(ages.oldest(Priority::Interactive, at(25)) == 0ms);
  queues[0] = {.popped = 6, .pushed = 9};  // the seventh is still there
  queues[1] = {.popped = 0xffffffff, .pushed = 1};
  look(30);
  CHECK(ages.oldest(Priority::Normal, at(35)) == 15ms);
  queues[0] = {.popped = 7, .pushed = 9};
  look(40);
  CHECK(ages.oldest(Priority::Normal, at(45)) == 15ms);  // of the other queue
  queues[1] = {.popped = 1, .pushed = 1};
  look(50);
  CHECK(ages.oldest(Priority::Normal, at(55)) == 15ms);
  queues[0] = {.popped = 9, .pushed = 9};
  look(60);
  CHECK(ages.oldest(Priority::Normal, at(99)) == 0ms);
  queues[0] = {.popped = 9, .pushed = 10};
  look(70);
  ages.forget();
  CHECK(ages.oldest(Priority::Normal, at(99)) == 0ms);
}

}  // namespace
