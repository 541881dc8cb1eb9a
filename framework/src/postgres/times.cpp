// Text forms of days, times and spans, as the server writes them: DateStyle ISO; IntervalStyle postgres or iso_8601.
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "postgres/decode.h"

namespace rondeau::postgres {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

class Text {
 public:
  explicit Text(std::string_view text) noexcept : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }
  char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char c) noexcept {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view word) noexcept {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// Between `least` and `most` digits.
  std::optional<std::int64_t> digits(std::size_t least, std::size_t most) noexcept {
    std::size_t count = 0;
    std::int64_t value = 0;
    while (count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
      value = value * 10 + (rest_[count++] - '0');
    }
    if (count < least || (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9')) return std::nullopt;
    rest_.remove_prefix(count);
    return value;
  }
  /// Digits after a point as millionths; 0 where there is no point.
  std::optional<std::int64_t> fraction() noexcept {
    if (!take('.')) return 0;
    std::size_t count = 0;
    std::int64_t value = 0;
    while (count < rest_.size() && count < 6 && rest_[count] >= '0' && rest_[count] <= '9') {
      value = value * 10 + (rest_[count++] - '0');
    }
    if (count == 0 || (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9')) return std::nullopt;
    rest_.remove_prefix(count);
    for (; count < 6; ++count) value *= 10;
    return value;
  }

 private:
  std::string_view rest_;
};

/// Days from 1970-01-01 of a year of the proleptic Gregorian calendar; chrono's own ends at the year 32,767.
std::int64_t days_from_civil(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

bool is_day(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  constexpr int kLengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return day <= kLengths[month - 1] + (month == 2 && leap ? 1 : 0);
}

struct Civil {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};
std::optional<Civil> civil(Text& text) noexcept {
  const auto year = text.digits(4, 7);
  if (!year || !text.take('-')) return std::nullopt;
  const auto month = text.digits(2, 2);
  if (!month || !text.take('-')) return std::nullopt;
  const auto day = text.digits(2, 2);
  if (!day) return std::nullopt;
  return Civil{*year, *month, *day};
}

/// " BC" at the end: the year 1 BC is 0 here.
std::optional<std::int64_t> days_of(Civil date, bool before_christ) noexcept {
  if (date.year == 0) return std::nullopt;
  if (before_christ) date.year = 1 - date.year;
  if (!is_day(date.year, date.month, date.day)) return std::nullopt;
  return days_from_civil(date.year, date.month, date.day);
}

std::optional<std::int64_t> clock(Text& text) noexcept {
  const auto hours = text.digits(2, 2);
  if (!hours || !text.take(':')) return std::nullopt;
  const auto minutes = text.digits(2, 2);
  if (!minutes || !text.take(':')) return std::nullopt;
  const auto seconds = text.digits(2, 2);
  const auto fraction = seconds ? text.fraction() : std::nullopt;
  if (!fraction || *minutes > 59 || *seconds > 59) return std::nullopt;
  const std::int64_t all = ((*hours * 60 + *minutes) * 60 + *seconds) * kSecond + *fraction;
  return all <= kDay ? std::optional(all) : std::nullopt;
}

/// "+05", "-03:30", "+00:53:28", in microseconds.
std::optional<std::int64_t> offset(Text& text) noexcept {
  const bool minus = text.peek() == '-';
  if (!text.take('+') && !text.take('-')) return std::nullopt;
  const auto hours = text.digits(2, 2);
  if (!hours) return std::nullopt;
  std::int64_t seconds = *hours * 3600;
  for (const std::int64_t unit : {60, 1}) {
    if (!text.take(':')) break;
    const auto part = text.digits(2, 2);
    if (!part || *part > 59) return std::nullopt;
    seconds += *part * unit;
  }
  return (minus ? -seconds : seconds) * kSecond;
}

constexpr Fault kInfinity = "infinity is no point in time";
constexpr Fault kRange = "it is out of range";

bool is_infinity(std::string_view text) noexcept { return text == "infinity" || text == "-infinity"; }

// ---- spans

constexpr Fault kInterval = "it is no text form of interval";

bool add(std::int64_t& to, std::int64_t number, std::int64_t unit) noexcept {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(number, unit, &product) && !__builtin_add_overflow(to, product, &to);
}

struct Parts {
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::int64_t microseconds = 0;

  Fault give(sql::Interval& interval) const noexcept {
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    constexpr std::int64_t kLeast = std::numeric_limits<std::int32_t>::min();
    if (months > kMost || months < kLeast || days > kMost || days < kLeast) return kRange;
    interval = {static_cast<std::int32_t>(months), static_cast<std::int32_t>(days), microseconds};
    return nullptr;
  }
};

/// P1Y2M-3DT4H5M6.789S
Fault iso_interval(Text text, sql::Interval& interval) {
  Parts parts;
  bool in_time = false;
  bool any = false;
  while (!text.at_end()) {
    if (!in_time && text.take('T')) {
      in_time = true;
      continue;
    }
    const std::int64_t sign = text.take('-') ? -1 : 1;
    const auto number = text.digits(1, 18);
    if (!number) return kInterval;
    const auto fraction = text.fraction();
    if (!fraction) return kInterval;
    bool fits = true;
    if (in_time && text.take('S')) {
      fits = add(parts.microseconds, sign * *number, kSecond) && add(parts.microseconds, sign * *fraction, 1);
    } else if (*fraction != 0) {
      return kInterval;
    } else if (in_time && text.take('H')) {
      fits = add(parts.microseconds, sign * *number, 3600 * kSecond);
    } else if (in_time && text.take('M')) {
      fits = add(parts.microseconds, sign * *number, 60 * kSecond);
    } else if (!in_time && text.take('Y')) {
      fits = add(parts.months, sign * *number, 12);
    } else if (!in_time && text.take('M')) {
      fits = add(parts.months, sign * *number, 1);
    } else if (!in_time && text.take('W')) {
      fits = add(parts.days, sign * *number, 7);
    } else if (!in_time && text.take('D')) {
      fits = add(parts.days, sign * *number, 1);
    } else {
      return kInterval;
    }
    if (!fits) return kRange;
    any = true;
  }
  return any ? parts.give(interval) : kInterval;
}

/// "1 year -2 mons +3 days -04:05:06.789"
Fault postgres_interval(Text text, sql::Interval& interval) {
  Parts parts;
  bool any = false;
  for (; !text.at_end(); any = true) {
    if (any && !text.take(' ')) return kInterval;
    const bool minus = text.take('-');
    if (!minus) text.take('+');
    const std::int64_t sign = minus ? -1 : 1;
    const auto number = text.digits(1, 18);
    if (!number) return kInterval;
    bool fits = true;
    if (text.take(':')) {
      const auto minutes = text.digits(2, 2);
      if (!minutes || !text.take(':')) return kInterval;
      const auto seconds = text.digits(2, 2);
      const auto fraction = seconds ? text.fraction() : std::nullopt;
      if (!fraction || *minutes > 59 || *seconds > 59) return kInterval;
      fits = add(parts.microseconds, sign * *number, 3600 * kSecond) &&
             add(parts.microseconds, sign * (*minutes * 60 + *seconds), kSecond) &&
             add(parts.microseconds, sign * *fraction, 1);
    } else if (text.take(" years") || text.take(" year")) {
      fits = add(parts.months, sign * *number, 12);
    } else if (text.take(" mons") || text.take(" mon")) {
      fits = add(parts.months, sign * *number, 1);
    } else if (text.take(" days") || text.take(" day")) {
      fits = add(parts.days, sign * *number, 1);
    } else {
      return kInterval;
    }
    if (!fits) return kRange;
  }
  return any ? parts.give(interval) : kInterval;
}

}  // namespace

Fault parse_date(std::string_view text, std::int64_t& days) {
  if (is_infinity(text)) return "infinity is no day";
  Text rest(text);
  const auto date = civil(rest);
  const bool before_christ = date && rest.take(" BC");
  const auto found = date && rest.at_end() ? days_of(*date, before_christ) : std::nullopt;
  if (!found) return "it is no date";
  days = *found;
  return nullptr;
}

Fault parse_time(std::string_view text, std::int64_t& microseconds) {
  Text rest(text);
  const auto found = clock(rest);
  if (!found || !rest.at_end()) return "it is no time of day";
  microseconds = *found;
  return nullptr;
}

Fault parse_timestamp(std::string_view text, bool with_zone, std::int64_t& microseconds) {
  if (is_infinity(text)) return kInfinity;
  constexpr Fault kMalformed = "it is no timestamp";
  Text rest(text);
  const auto date = civil(rest);
  if (!date || !rest.take(' ')) return kMalformed;
  const auto time = clock(rest);
  const auto zone = time && with_zone ? offset(rest) : std::optional<std::int64_t>(0);
  const bool before_christ = rest.take(" BC");
  if (!time || !zone || !rest.at_end()) return kMalformed;
  const auto days = days_of(*date, before_christ);
  if (!days) return kMalformed;
  std::int64_t sum = *time - *zone;
  if (!add(sum, *days, kDay)) return kRange;
  microseconds = sum;
  return nullptr;
}

Fault parse_interval(std::string_view text, sql::Interval& interval) {
  return text.starts_with('P') ? iso_interval(Text(text.substr(1)), interval) : postgres_interval(Text(text), interval);
}

}  // namespace rondeau::postgres
