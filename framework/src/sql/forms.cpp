// Times, intervals and numbers as text.
#include <array>
#include <chrono>
#include <cstdio>
#include <limits>

#include <rondeau/sql/cells.h>
#include <rondeau/text/uuid.h>

namespace rondeau::sql {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

/// Reads digits and marks from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }
  char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
  bool skip(char c) noexcept {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Exactly so many digits.
  bool digits(std::size_t count, std::int64_t& out) noexcept {
    if (rest_.size() < count) return false;
    out = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(rest_[i])) return false;
      out = out * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }
  /// `-12`: at least one digit, of 18 at most.
  bool number(std::int64_t& out) noexcept {
    const bool negative = skip('-');
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    if (count == 0 || count > 18 || !digits(count, out)) return false;
    if (negative) out = -out;
    return true;
  }
  /// Up to six digits behind a point, as microseconds.
  bool fraction(std::int64_t& out) noexcept {
    out = 0;
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    if (count == 0 || count > 6 || !digits(count, out)) return false;
    for (; count < 6; ++count) out *= 10;
    return true;
  }

  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

 private:
  std::string_view rest_;
};

bool read_date(Reader& in, std::int64_t& days) {
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t day = 0;
  if (!in.digits(4, year) || !in.skip('-') || !in.digits(2, month) || !in.skip('-') || !in.digits(2, day)) return false;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  days = std::chrono::sys_days(date).time_since_epoch().count();
  return true;
}

/// `HH:MM`, `HH:MM:SS`, `HH:MM:SS.f…`; 24:00 is a time of day, too.
bool read_time(Reader& in, std::int64_t& microseconds) {
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  std::int64_t seconds = 0;
  std::int64_t fraction = 0;
  if (!in.digits(2, hours) || !in.skip(':') || !in.digits(2, minutes)) return false;
  if (in.skip(':') && (!in.digits(2, seconds) || (in.skip('.') && !in.fraction(fraction)))) return false;
  microseconds = ((hours * 60 + minutes) * 60 + seconds) * kSecond + fraction;
  return minutes < 60 && seconds < 60 && microseconds <= kDay;
}

/// What behind a timestamptz says how far from UTC it is; nothing means UTC, as SQLite's own functions write it.
bool read_zone(Reader& in, std::int64_t& microseconds) {
  microseconds = 0;
  if (in.at_end() || in.skip('Z')) return true;
  const bool east = in.peek() == '+';
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  if (!in.skip(east ? '+' : '-') || !in.digits(2, hours) || !in.skip(':') || !in.digits(2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  microseconds = (hours * 60 + minutes) * 60 * kSecond * (east ? 1 : -1);
  return true;
}

std::string date_text(std::int64_t days) {
  constexpr std::int64_t kFirst = -719'528;  // 0000-01-01
  constexpr std::int64_t kLast = 2'932'896;  // 9999-12-31
  if (days < kFirst || days > kLast) return {};
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  std::array<char, 40> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return out.data();
}

std::string time_text(std::int64_t microseconds) {
  const auto part = [](std::int64_t value) { return static_cast<unsigned>(value); };
  std::array<char, 60> out{};
  std::snprintf(out.data(), out.size(), "%02u:%02u:%02u.%06u", part(microseconds / kSecond / 3600),
                part(microseconds / kSecond / 60 % 60), part(microseconds / kSecond % 60), part(microseconds % kSecond));
  return out.data();
}

std::string point_text(std::int64_t microseconds, char between, std::string_view zone) {
  std::int64_t days = microseconds / kDay;
  std::int64_t rest = microseconds % kDay;
  if (rest < 0) {
    --days;
    rest += kDay;
  }
  std::string out = date_text(days);
  if (out.empty()) return out;
  out += between;
  out += time_text(rest);
  out += zone;
  return out;
}

std::string interval_text(const Interval& interval) {
  std::string out = "P";
  if (interval.months != 0) out += std::to_string(interval.months) + 'M';
  if (interval.days != 0) out += std::to_string(interval.days) + 'D';
  if (interval.microseconds != 0 || out.size() == 1) {
    const bool negative = interval.microseconds < 0;
    // As an unsigned number, since the smallest has no opposite.
    const std::uint64_t size = negative ? ~static_cast<std::uint64_t>(interval.microseconds) + 1
                                        : static_cast<std::uint64_t>(interval.microseconds);
    out += negative ? "T-" : "T";
    out += std::to_string(size / kSecond);
    if (size % kSecond != 0) {
      const std::string fraction = std::to_string(size % kSecond);
      out += '.' + std::string(6 - fraction.size(), '0') + fraction;
    }
    out += 'S';
  }
  return out;
}

bool add(std::int64_t& sum, std::int64_t number, std::int64_t times) {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(number, times, &product) && !__builtin_add_overflow(sum, product, &sum);
}

bool fits_32(std::int64_t number) {
  return number >= std::numeric_limits<std::int32_t>::min() && number <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

std::string text_form(const Value& value) {
  if (value.type == Type::Interval) return interval_text(std::get<Interval>(value.data));
  if (value.type == Type::Uuid) {
    std::array<std::uint8_t, 16> bytes{};
    const std::string& from = std::get<std::string>(value.data);
    for (std::size_t i = 0; i < bytes.size() && i < from.size(); ++i) bytes[i] = static_cast<std::uint8_t>(from[i]);
    return text::Uuid(bytes).to_string();
  }
  const std::int64_t* number = std::get_if<std::int64_t>(&value.data);
  if (number == nullptr) return {};
  switch (value.type) {
    case Type::Date:
      return date_text(*number);
    case Type::Time:
      return *number < 0 || *number > kDay ? std::string() : time_text(*number);
    case Type::Timestamp:
      return point_text(*number, ' ', "");
    case Type::Timestamptz:
      return point_text(*number, 'T', "Z");
    default:
      return {};
  }
}

bool parse_text_form(std::string_view text, Type type, std::int64_t& out) {
  Reader in(text);
  std::int64_t days = 0;
  std::int64_t time = 0;
  std::int64_t zone = 0;
  if (type == Type::Time) {
    if (!read_time(in, time) || !in.at_end()) return false;
    out = time;
    return true;
  }
  if (!read_date(in, days)) return false;
  if (type == Type::Date) {
    out = days;
    return in.at_end();
  }
  if (!in.skip('T') && !in.skip(' ')) return false;
  if (!read_time(in, time)) return false;
  if (type == Type::Timestamptz && !read_zone(in, zone)) return false;
  out = days * kDay + time - zone;
  return in.at_end();
}

bool parse_text_form(std::string_view text, Interval& out) {
  Reader in(text);
  if (!in.skip('P') || in.at_end()) return false;
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::int64_t microseconds = 0;
  std::string_view units = "YMWD";
  bool in_time = false;
  while (!in.at_end()) {
    if (!in_time && in.skip('T')) {
      in_time = true;
      units = "HMS";
      if (in.at_end()) return false;
    }
    const bool negative = in.peek() == '-';
    std::int64_t number = 0;
    std::int64_t fraction = 0;
    if (!in.number(number)) return false;
    const bool has_fraction = in.skip('.');
    if (has_fraction && !in.fraction(fraction)) return false;
    const std::size_t at = units.find(in.peek());
    if (in.at_end() || at == std::string_view::npos) return false;
    const char unit = units[at];
    units.remove_prefix(at + 1);
    in.skip(unit);
    if (has_fraction && unit != 'S') return false;
    bool fits = true;
    if (in_time) {
      const std::int64_t times = unit == 'H' ? 3600 * kSecond : unit == 'M' ? 60 * kSecond : kSecond;
      fits = add(microseconds, number, times) && add(microseconds, negative ? -fraction : fraction, 1);
    } else if (unit == 'Y' || unit == 'M') {
      fits = add(months, number, unit == 'Y' ? 12 : 1);
    } else {
      fits = add(days, number, unit == 'W' ? 7 : 1);
    }
    if (!fits) return false;
  }
  if (!fits_32(months) || !fits_32(days)) return false;
  out = {static_cast<std::int32_t>(months), static_cast<std::int32_t>(days), microseconds};
  return true;
}

std::optional<Numeric> Numeric::parse(std::string_view text) {
  if (text == "NaN") return Numeric(std::string(text));
  std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && Reader::is_digit(text[at])) ++at;
    return at - begin;
  };
  std::size_t count = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    const std::size_t behind = digits();
    if (behind == 0) return std::nullopt;
    count += behind;
  }
  if (count == 0) return std::nullopt;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  return Numeric(std::string(text));
}

}  // namespace rondeau::sql
