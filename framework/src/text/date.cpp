#include <rondeau/text/date.h>

#include <algorithm>
#include <cstring>

#include <rondeau/text/ascii.h>

namespace rondeau::text {

namespace {

using namespace std::chrono;

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

void two_digits(char* out, unsigned value) noexcept {
  out[0] = static_cast<char>('0' + value / 10 % 10);
  out[1] = static_cast<char>('0' + value % 10);
}

/// Reads pieces of a date one after another; any mismatch makes it bad.
class DateReader {
 public:
  explicit DateReader(std::string_view text) noexcept : rest_(text) {}

  void literal(std::string_view expected) noexcept {
    if (!rest_.starts_with(expected)) return fail();
    rest_.remove_prefix(expected.size());
  }
  unsigned digits(std::size_t count) noexcept {
    if (rest_.size() < count) return fail(), 0;
    unsigned value = 0;
    for (char c : rest_.substr(0, count)) {
      if (!is_digit(c)) return fail(), 0;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  unsigned day_padded_by_space() noexcept {
    if (!rest_.starts_with(' ')) return digits(2);
    rest_.remove_prefix(1);
    return digits(1);
  }
  /// The place of a three-letter name in its table.
  unsigned name(std::string_view table) noexcept {
    if (rest_.size() < 3) return fail(), 0;
    for (std::size_t i = 0; i < table.size(); i += 3) {
      if (rest_.substr(0, 3) == table.substr(i, 3)) return rest_.remove_prefix(3), static_cast<unsigned>(i / 3);
    }
    return fail(), 0;
  }
  bool long_day() noexcept {
    for (std::string_view day : kLongDays) {
      if (rest_.starts_with(day)) return rest_.remove_prefix(day.size()), true;
    }
    return false;
  }
  seconds clock() noexcept {
    unsigned hour = digits(2);
    literal(":");
    unsigned minute = digits(2);
    literal(":");
    unsigned second = digits(2);
    if (hour > 23 || minute > 59 || second > 60) fail();
    return hours(hour) + minutes(minute) + seconds(second);
  }
  std::optional<UnixSeconds> finish(unsigned year_number, unsigned month_index, unsigned day_number,
                                    seconds in_day) const noexcept {
    year_month_day date(year(static_cast<int>(year_number)), month(month_index + 1), day(day_number));
    if (bad_ || !rest_.empty() || !date.ok()) return std::nullopt;
    return sys_days(date) + in_day;
  }

 private:
  void fail() noexcept { bad_ = true; }

  std::string_view rest_;
  bool bad_ = false;
};

std::optional<UnixSeconds> parse_imf(std::string_view text) noexcept {
  DateReader in(text);
  in.name(kDays);
  in.literal(", ");
  unsigned day = in.digits(2);
  in.literal(" ");
  unsigned month = in.name(kMonths);
  in.literal(" ");
  unsigned year = in.digits(4);
  in.literal(" ");
  seconds clock = in.clock();
  in.literal(" GMT");
  return in.finish(year, month, day, clock);
}

std::optional<UnixSeconds> parse_rfc850(std::string_view text, UnixSeconds now) noexcept {
  DateReader in(text);
  if (!in.long_day()) return std::nullopt;
  in.literal(", ");
  unsigned day = in.digits(2);
  in.literal("-");
  unsigned month = in.name(kMonths);
  in.literal("-");
  unsigned short_year = in.digits(2);
  in.literal(" ");
  seconds clock = in.clock();
  in.literal(" GMT");
  int this_year = static_cast<int>(year_month_day(floor<days>(now)).year());
  int full = this_year / 100 * 100 + static_cast<int>(short_year);
  if (full > this_year + 50) full -= 100;
  return in.finish(static_cast<unsigned>(std::max(full, 0)), month, day, clock);
}

std::optional<UnixSeconds> parse_asctime(std::string_view text) noexcept {
  DateReader in(text);
  in.name(kDays);
  in.literal(" ");
  unsigned month = in.name(kMonths);
  in.literal(" ");
  unsigned day = in.day_padded_by_space();
  in.literal(" ");
  seconds clock = in.clock();
  in.literal(" ");
  unsigned year = in.digits(4);
  return in.finish(year, month, day, clock);
}

}  // namespace

void format_http_date(UnixSeconds time, std::array<char, kHttpDateLength>& out) noexcept {
  constexpr UnixSeconds first = sys_days(year(0) / January / 1);
  constexpr UnixSeconds last = sys_days(year(10000) / January / 1) - seconds(1);
  time = std::clamp(time, first, last);
  auto midnight = floor<days>(time);
  year_month_day date(midnight);
  hh_mm_ss clock(time - midnight);
  std::memcpy(out.data(), "Day, 00 Mon 0000 00:00:00 GMT", kHttpDateLength);
  std::memcpy(&out[0], &kDays[weekday(midnight).c_encoding() * 3], 3);
  two_digits(&out[5], static_cast<unsigned>(date.day()));
  std::memcpy(&out[8], &kMonths[(static_cast<unsigned>(date.month()) - 1) * 3], 3);
  auto full_year = static_cast<unsigned>(static_cast<int>(date.year()));
  two_digits(&out[12], full_year / 100);
  two_digits(&out[14], full_year % 100);
  two_digits(&out[17], static_cast<unsigned>(clock.hours().count()));
  two_digits(&out[20], static_cast<unsigned>(clock.minutes().count()));
  two_digits(&out[23], static_cast<unsigned>(clock.seconds().count()));
}

std::string format_http_date(UnixSeconds time) {
  std::array<char, kHttpDateLength> text;
  format_http_date(time, text);
  return {text.data(), text.size()};
}

std::optional<UnixSeconds> parse_http_date(std::string_view text, UnixSeconds now) noexcept {
  if (text.size() > 3 && text[3] == ',') return parse_imf(text);
  if (text.size() > 3 && text[3] == ' ') return parse_asctime(text);
  return parse_rfc850(text, now);
}

}  // namespace rondeau::text
