#include <rondeau/reflect/text_forms.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include <rondeau/text/base64.h>

namespace rondeau::reflect {
namespace {

__extension__ using Wide = __int128;  // 2^63 seconds in nanoseconds do not fit 64 bits

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

bool fits(Wide value) {
  return value >= std::numeric_limits<std::int64_t>::min() && value <= std::numeric_limits<std::int64_t>::max();
}

Wide floor_divide(Wide value, Wide by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

bool split(Wide nanoseconds, Moment& moment) {
  const Wide seconds = floor_divide(nanoseconds, kNanosecondsPerSecond);
  if (!fits(seconds)) return false;
  moment.seconds = static_cast<std::int64_t>(seconds);
  moment.nanoseconds = static_cast<std::int32_t>(nanoseconds - seconds * kNanosecondsPerSecond);
  return true;
}

// "25" of 250,000,000; nothing for 0.
void write_fraction(std::int32_t nanoseconds, std::string& out) {
  if (nanoseconds == 0) return;
  std::array<char, 10> digits{'.'};
  for (std::size_t i = 9; i > 0; --i, nanoseconds /= 10) digits[i] = static_cast<char>('0' + nanoseconds % 10);
  std::size_t length = digits.size();
  while (digits[length - 1] == '0') --length;
  out.append(digits.data(), length);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes up to nine digits behind a dot as nanoseconds.
bool read_fraction(std::string_view& text, std::int32_t& nanoseconds) {
  nanoseconds = 0;
  std::int32_t scale = kNanosecondsPerSecond / 10;
  std::size_t length = 0;
  for (; length < text.size() && is_digit(text[length]); ++length, scale /= 10) {
    if (length == 9) return false;
    nanoseconds += (text[length] - '0') * scale;
  }
  text.remove_prefix(length);
  return length > 0;
}

// Exactly `width` digits.
bool read_number(std::string_view& text, std::size_t width, int& value) {
  if (text.size() < width) return false;
  value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (!is_digit(text[i])) return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return true;
}

bool take(std::string_view& text, char upper, char lower) {
  if (text.empty() || (text.front() != upper && text.front() != lower)) return false;
  text.remove_prefix(1);
  return true;
}
bool take(std::string_view& text, char c) {
  return take(text, c, c);
}

void write_number(int value, std::size_t width, std::string& out) {
  std::array<char, 4> digits{};
  for (std::size_t i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), width);
}

}  // namespace

bool to_moment(std::int64_t count, std::int64_t numerator, std::int64_t denominator, Moment& moment) {
  const Wide scaled = Wide{count} * numerator;
  const Wide seconds = floor_divide(scaled, denominator);
  if (!fits(seconds)) return false;
  moment.seconds = static_cast<std::int64_t>(seconds);
  moment.nanoseconds =
      static_cast<std::int32_t>((scaled - seconds * denominator) * kNanosecondsPerSecond / denominator);
  return true;
}

bool to_moment(double seconds, Moment& moment) {
  if (!std::isfinite(seconds) || std::abs(seconds) > 9e18) return false;
  const double whole = std::floor(seconds);
  const auto rest = static_cast<std::int64_t>(std::llround((seconds - whole) * 1e9));
  moment.seconds = static_cast<std::int64_t>(whole) + rest / kNanosecondsPerSecond;
  moment.nanoseconds = static_cast<std::int32_t>(rest % kNanosecondsPerSecond);
  return true;
}

bool to_count(Moment moment, std::int64_t numerator, std::int64_t denominator, Rounding rounding, std::int64_t& count) {
  if (denominator > kNanosecondsPerSecond) return false;
  const Wide nanoseconds = Wide{moment.seconds} * kNanosecondsPerSecond + moment.nanoseconds;
  const Wide unit = Wide{numerator} * kNanosecondsPerSecond;
  const Wide whole = floor_divide(nanoseconds * denominator, unit);
  if (!fits(whole) || (rounding == Rounding::Refuse && whole * unit != nanoseconds * denominator)) return false;
  count = static_cast<std::int64_t>(whole);
  return true;
}

void write_duration(Moment duration, std::string& out) {
  Wide nanoseconds = Wide{duration.seconds} * kNanosecondsPerSecond + duration.nanoseconds;
  if (nanoseconds < 0) {
    out += '-';
    nanoseconds = -nanoseconds;
  }
  out += std::to_string(static_cast<std::uint64_t>(nanoseconds / kNanosecondsPerSecond));
  write_fraction(static_cast<std::int32_t>(nanoseconds % kNanosecondsPerSecond), out);
  out += 's';
}

bool read_duration(std::string_view text, Moment& duration) {
  const bool negative = take(text, '-');
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error != std::errc() || text.empty() || !is_digit(text.front())) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  std::int32_t fraction = 0;
  if (take(text, '.') && !read_fraction(text, fraction)) return false;

  struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
  };
  static constexpr std::array<Unit, 6> kUnits{{{"ns", 1},
                                               {"us", 1'000},
                                               {"ms", 1'000'000},
                                               {"s", kNanosecondsPerSecond},
                                               {"m", 60 * kNanosecondsPerSecond},
                                               {"h", 3'600 * kNanosecondsPerSecond}}};
  for (const Unit& unit : kUnits) {
    if (unit.name != text) continue;
    const Wide scaled_fraction = Wide{fraction} * unit.nanoseconds;
    if (scaled_fraction % kNanosecondsPerSecond != 0) return false;  // finer than a nanosecond
    const Wide nanoseconds = Wide{whole} * unit.nanoseconds + scaled_fraction / kNanosecondsPerSecond;
    return split(negative ? -nanoseconds : nanoseconds, duration);
  }
  return false;
}

bool write_time(Moment since_epoch, std::string& out) {
  using namespace std::chrono;
  const auto day = static_cast<std::int64_t>(floor_divide(since_epoch.seconds, kSecondsPerDay));
  if (day < -719'528 || day > 2'932'896) return false;  // 0000-01-01 to 9999-12-31
  const year_month_day date{sys_days{days{day}}};
  const auto second = static_cast<int>(since_epoch.seconds - day * kSecondsPerDay);
  write_number(static_cast<int>(date.year()), 4, out);
  out += '-';
  write_number(static_cast<int>(static_cast<unsigned>(date.month())), 2, out);
  out += '-';
  write_number(static_cast<int>(static_cast<unsigned>(date.day())), 2, out);
  out += 'T';
  write_number(second / 3'600, 2, out);
  out += ':';
  write_number(second / 60 % 60, 2, out);
  out += ':';
  write_number(second % 60, 2, out);
  write_fraction(since_epoch.nanoseconds, out);
  out += 'Z';
  return true;
}

bool read_time(std::string_view text, Moment& since_epoch) {
  using namespace std::chrono;
  int year_number = 0, month_number = 0, day_number = 0, hour = 0, minute = 0, second = 0;
  const bool complete = read_number(text, 4, year_number) && take(text, '-') && read_number(text, 2, month_number) &&
                        take(text, '-') && read_number(text, 2, day_number) && take(text, 'T', 't') &&
                        read_number(text, 2, hour) && take(text, ':') && read_number(text, 2, minute) &&
                        take(text, ':') && read_number(text, 2, second);
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            std::chrono::day{static_cast<unsigned>(day_number)}};
  if (!complete || !date.ok() || hour > 23 || minute > 59 || second > 59) return false;
  since_epoch.nanoseconds = 0;
  if (take(text, '.') && !read_fraction(text, since_epoch.nanoseconds)) return false;

  int offset_minutes = 0;
  if (!take(text, 'Z', 'z')) {
    const bool west = take(text, '-');
    int offset_hour = 0, offset_minute = 0;
    if ((!west && !take(text, '+')) || !read_number(text, 2, offset_hour) || !take(text, ':') ||
        !read_number(text, 2, offset_minute) || offset_hour > 23 || offset_minute > 59) {
      return false;
    }
    offset_minutes = (offset_hour * 60 + offset_minute) * (west ? -1 : 1);
  }
  const std::int64_t day = sys_days{date}.time_since_epoch().count();
  since_epoch.seconds = day * kSecondsPerDay + hour * 3'600 + minute * 60 + second - offset_minutes * 60;
  return text.empty();
}

void write_base64(const std::vector<std::byte>& bytes, std::string& out) {
  out += text::base64_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool read_base64(std::string_view text, std::vector<std::byte>& bytes) {
  const auto decoded = text::base64_decode(text);
  if (!decoded) return false;
  bytes.resize(decoded->size());
  if (!bytes.empty()) std::memcpy(bytes.data(), decoded->data(), bytes.size());
  return true;
}

}  // namespace rondeau::reflect
