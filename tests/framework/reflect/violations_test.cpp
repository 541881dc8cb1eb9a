#include <rondeau/reflect/violations.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/reflect/describe.h>

using namespace rondeau;
using reflect::Violation;

namespace {

struct Seat {
  int row = 1;
};
struct Guest {
  static constexpr auto naming = reflect::Naming::CamelCase;
  int age_in_years = 30;
  Seat seat;
};
struct Booking {
  Guest first;
  Ranged<int, 0, 9> beds = 1;
  std::optional<std::string> note;
  std::vector<Guest> guests;
  std::map<std::string, int> prices;
  std::tuple<int, Seat> pair;
  std::unique_ptr<Guest> host;
  Tagged<"kind", Seat, Guest> either;
};

/// Where a part of that booking lies.
template <class T>
std::string place_of(const Booking& booking, const T& part) {
  Violations wrong;
  wrong.add(part, "is wrong");
  return std::move(wrong).take(reflect::describe<Booking>(), &booking).at(0).pointer;
}

struct Inner {
  int value = 0;
};
void validate(const Inner& inner, Violations& wrong) {
  if (inner.value < 0) wrong.add(inner.value, "must not be negative");
}
struct Outer {
  std::vector<Inner> list;
  Inner one;
  int most = 10;
};
Result<void> validate(const Outer& outer) {
  if (outer.one.value > outer.most) return Error(Errc::InvalidData, "one is more than most");
  return {};
}
std::vector<Violation> wrong_with(const Outer& outer, std::size_t most = 32) {
  return reflect::find_violations(reflect::describe<Outer>(), &outer, most);
}

}  // namespace

TEST_CASE("reflect: a part is named by where it lies, in the names of the outside") {
  Booking booking;
  booking.note = "quiet";
  booking.guests.resize(3);
  booking.prices = {{"a/b~c", 1}};
  booking.host = std::make_unique<Guest>();
  booking.either = Guest();
  CHECK(place_of(booking, booking) == "");
  CHECK(place_of(booking, booking.first) == "/first");
  CHECK(place_of(booking, booking.first.age_in_years) == "/first/ageInYears");
  CHECK(place_of(booking, booking.first.seat) == "/first/seat");
  CHECK(place_of(booking, booking.first.seat.row) == "/first/seat/row");
  CHECK(place_of(booking, booking.beds) == "/beds");
  CHECK(place_of(booking, *booking.beds) == "/beds");
  CHECK(place_of(booking, booking.note) == "/note");
  CHECK(place_of(booking, *booking.note) == "/note");
  CHECK(place_of(booking, booking.guests) == "/guests");
  CHECK(place_of(booking, booking.guests[2]) == "/guests/2");
  CHECK(place_of(booking, booking.guests[2].seat) == "/guests/2/seat");
  CHECK(place_of(booking, booking.prices.at("a/b~c")) == "/prices/a~1b~0c");
  CHECK(place_of(booking, std::get<1>(booking.pair).row) == "/pair/1/row");
  CHECK(place_of(booking, booking.host->seat) == "/host/seat");
  CHECK(place_of(booking, booking.either.get_if<Guest>()->seat.row) == "/either/seat/row");
}

TEST_CASE("reflect: what is no part is told of the innermost thing around it, or of the whole") {
  Booking booking;
  const Booking other;
  const auto copy = booking.guests;
  CHECK(place_of(booking, copy) == "");
  CHECK(place_of(booking, other.beds) == "");
  CHECK(place_of(booking, reinterpret_cast<const unsigned char&>(booking.first.seat.row)) == "/first/seat/row");
}

TEST_CASE("reflect: violations stay in the order they were added, and the most of them are kept") {
  const Booking booking;
  Violations wrong(3);
  wrong.add(booking.beds, "is wrong", "beds");
  wrong.add_at("guests/7", "is missing");
  CHECK_FALSE(wrong.full());
  wrong.add_at("", "is odd");
  CHECK(wrong.full());
  wrong.add(booking.note, "is one too many");
  wrong.add_at("/x", "is one too many");
  const std::vector<Violation> expected = {
      {"/beds", "beds", "is wrong"}, {"/guests/7", "invalid", "is missing"}, {"", "invalid", "is odd"}};
  CHECK(std::move(wrong).take(reflect::describe<Booking>(), &booking) == expected);
}

TEST_CASE("reflect: every struct of a value is asked, a struct around something wrong is not") {
  CHECK(wrong_with({}).empty());
  CHECK(wrong_with({.list = {}, .one = {11}}) == std::vector<Violation>{{"", "invalid", "one is more than most"}});
  const Outer wrong_inside{.list = {{1}, {-1}, {-2}}, .one = {11}};
  CHECK(wrong_with(wrong_inside) == std::vector<Violation>{{"/list/1/value", "invalid", "must not be negative"},
                                                           {"/list/2/value", "invalid", "must not be negative"}});
  CHECK(wrong_with(wrong_inside, 1).size() == 1);
}
