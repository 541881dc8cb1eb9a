#include "timestamp.h"

#include <chrono>
#include <cstdio>

#include <rondeau/base/wall_clock.h>
#include <rondeau/json/json.h>

namespace conduit {

using std::chrono::milliseconds;

Timestamp now() {
  return {std::chrono::floor<milliseconds>(rondeau::base::wall_clock()).time_since_epoch().count()};
}

std::string to_string(Timestamp time) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds(time.milliseconds)};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss clock{at - day};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace conduit

rondeau::Result<conduit::Timestamp> rondeau::JsonFor<conduit::Timestamp>::from_json(const Form& text) {
  using Nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;
  const auto quoted = json::to_string(text);
  if (!quoted) return quoted.error();
  const auto time = json::parse<Nanoseconds>(*quoted);
  if (!time) return Error(Errc::InvalidArgument, "must be a time as RFC 3339 has it");
  return conduit::Timestamp{std::chrono::floor<std::chrono::milliseconds>(*time).time_since_epoch().count()};
}
