// What a body must be is its type: rules for each member, one over several, all mistakes told at once.
// Run: build/examples/validation --port 8080
//   curl localhost:8080/bookings -H 'content-type: application/json' \
//     -d
//     '{"name":"Ann","airport":"HAM","from":"2026-05-01T00:00:00Z","to":"2026-05-03T00:00:00Z","seats":2,"extras":[]}'
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>

using namespace rondeau;

/// A rule of one's own: a sentence, and when it holds.
struct IsEven {
  static constexpr std::string_view expected = "must be even, since seats come in pairs";
  static constexpr bool holds(int value) { return value % 2 == 0; }
};

enum class Extra { window, meal, legroom };

struct Booking {
  static constexpr bool deny_unknown = true;  // a misspelt member is told, not passed over

  Checked<std::string, rules::MinLength<1>, rules::MaxLength<80>> name;
  Matches<"^[A-Z]{3}$"> airport;
  std::chrono::sys_seconds from;
  std::chrono::sys_seconds to;
  Checked<int, rules::Minimum<1>, rules::Maximum<8>, IsEven> seats = 2;  // not required
  UniqueItems<Extra, 3> extras;
  std::optional<MaxLength<500>> note;  // may be null or missing
};

/// About several members. Found by its name beside the struct, and asked once they all fit.
void validate(const Booking& booking, Violations& wrong) {
  if (booking.to <= booking.from) wrong.add(booking.to, "must be after the begin", "order");
  if (booking.to - booking.from > std::chrono::days(30))
    wrong.add(booking.to, "must be within 30 days of the begin", "length");
}

struct Booked {
  std::string name;
  int seats = 0;
  int nights = 0;
};

/// Sees only what fits, and need not check again.
Created<Json<Booked>> book(Json<Booking> booking) {
  const auto nights = std::chrono::ceil<std::chrono::days>(booking->to - booking->from).count();
  return Created{Json{Booked{*booking->name, *booking->seats, static_cast<int>(nights)}}, "/bookings/1"};
}

int main(int argc, char** argv) {
  Router<> router;
  router.post<"/bookings">(book).summary("Books seats");
  return Service("validation").run(argc, argv, router);
}
