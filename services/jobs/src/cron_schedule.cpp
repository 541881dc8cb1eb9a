#include "cron_schedule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>
#include <vector>

#include <rondeau/text/ascii.h>

namespace jobs {
namespace {

using rondeau::Errc;
using rondeau::Error;
using rondeau::Result;
using namespace std::chrono;

constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kDays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Nickname {
  std::string_view name;
  std::string_view fields;
};
constexpr Nickname kNicknames[] = {{"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
                                   {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
                                   {"@annually", "0 0 1 1 *"}};

/// What a field may hold; `names[0]` stands for `first_name`.
struct Field {
  std::string_view label;
  int least;
  int most;
  std::span<const std::string_view> names = {};
  int first_name = 0;
};
constexpr std::array<Field, 5> kFields = {{{"minute", 0, 59},
                                           {"hour", 0, 23},
                                           {"day of the month", 1, 31},
                                           {"month", 1, 12, kMonths, 1},
                                           {"day of the week", 0, 7, kDays, 0}}};

Error wrong(const Field& field, std::string why) {
  return Error(Errc::InvalidArgument, std::string(field.label) + ": " + std::move(why));
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(by);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// Fields apart; blanks of any number between them.
std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return found;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    found.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

/// Digits and nothing else.
std::optional<int> number(std::string_view text) {
  int value = 0;
  if (text.empty() || text.size() > 4 || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<int> value_of(const Field& field, std::string_view text) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (rondeau::text::equals_ignoring_case(text, field.names[i])) return field.first_name + static_cast<int>(i);
  }
  const auto value = number(text);
  if (!value) return wrong(field, "\"" + std::string(text.substr(0, 20)) + "\" is no number and no name");
  if (*value < field.least || *value > field.most) {
    return wrong(field, std::to_string(*value) + " is not from " + std::to_string(field.least) + " to " +
                            std::to_string(field.most));
  }
  return *value;
}

/// One entry of a list: `*`, `a`, `a-b`, each with or without `/step`. `a/step` goes on to the end.
template <std::size_t N>
Result<void> add_entry(const Field& field, std::string_view entry, std::bitset<N>& values) {
  const std::size_t slash = entry.find('/');
  const std::string_view range = entry.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto given = number(entry.substr(slash + 1));
    if (!given || *given < 1) return wrong(field, "a step is a number from 1 on");
    step = *given;
  }
  int first = field.least;
  int last = field.most;
  if (range != "*") {
    const std::size_t dash = range.find('-');
    RONDEAU_TRY_PLAIN(first, value_of(field, range.substr(0, dash)));
    if (dash != std::string_view::npos) {
      RONDEAU_TRY_PLAIN(last, value_of(field, range.substr(dash + 1)));
      if (last < first) return wrong(field, "the range " + std::string(range) + " runs backwards");
    } else if (slash == std::string_view::npos) {
      last = first;
    }
  }
  for (int value = first; value <= last; value += step) values.set(static_cast<std::size_t>(value));
  return {};
}

template <std::size_t N>
Result<void> read(const Field& field, std::string_view text, std::bitset<N>& values) {
  for (const std::string_view entry : split(text, ',')) {
    RONDEAU_TRY_VOID_PLAIN(add_entry(field, entry, values));
  }
  return {};
}

}  // namespace

Result<CronSchedule> CronSchedule::parse(std::string_view text) {
  if (text.size() > 500) return Error(Errc::InvalidArgument, "must be at most 500 bytes");
  std::vector<std::string_view> fields = words(text);
  if (fields.size() == 1 && fields[0].starts_with('@')) {
    const auto* found = std::ranges::find_if(
        kNicknames, [&](const Nickname& each) { return rondeau::text::equals_ignoring_case(each.name, fields[0]); });
    if (found == std::end(kNicknames)) {
      return Error(Errc::InvalidArgument, "must be five fields, or @hourly, @daily, @weekly, @monthly or @yearly");
    }
    fields = words(found->fields);
  }
  if (fields.size() != kFields.size()) {
    return Error(Errc::InvalidArgument, "must be five fields: minute, hour, day of the month, month, day of the week");
  }
  CronSchedule schedule;
  std::bitset<8> weekdays;
  RONDEAU_TRY_VOID_PLAIN(read(kFields[0], fields[0], schedule.minutes_));
  RONDEAU_TRY_VOID_PLAIN(read(kFields[1], fields[1], schedule.hours_));
  RONDEAU_TRY_VOID_PLAIN(read(kFields[2], fields[2], schedule.days_));
  RONDEAU_TRY_VOID_PLAIN(read(kFields[3], fields[3], schedule.months_));
  RONDEAU_TRY_VOID_PLAIN(read(kFields[4], fields[4], weekdays));
  for (std::size_t day = 0; day < weekdays.size(); ++day) {
    if (weekdays[day]) schedule.weekdays_.set(day % 7);
  }
  schedule.any_day_ = fields[2].starts_with('*');
  schedule.any_weekday_ = fields[4].starts_with('*');
  return schedule;
}

bool CronSchedule::is_on(year_month_day date) const {
  if (!months_[static_cast<unsigned>(date.month())]) return false;
  const bool day = days_[static_cast<unsigned>(date.day())];
  const bool weekday_fits = weekdays_[weekday(sys_days(date)).c_encoding()];
  // cron(5): with a star in one of the two, both have to fit; with none, one of them.
  return any_day_ || any_weekday_ ? day && weekday_fits : day || weekday_fits;
}

std::optional<Time> CronSchedule::next(Time after) const {
  const auto from = floor<std::chrono::minutes>(after) + std::chrono::minutes(1);
  const sys_days first = floor<days>(from);
  for (sys_days day = first; day < first + years(9); day += days(1)) {
    if (!is_on(year_month_day(day))) continue;
    const bool is_first = day == first;
    const auto start = is_first ? hh_mm_ss(from - day) : hh_mm_ss(std::chrono::minutes(0));
    for (std::size_t hour = static_cast<std::size_t>(start.hours().count()); hour < hours_.size(); ++hour) {
      if (!hours_[hour]) continue;
      const bool is_first_hour = is_first && hour == static_cast<std::size_t>(start.hours().count());
      std::size_t minute = is_first_hour ? static_cast<std::size_t>(start.minutes().count()) : 0;
      for (; minute < minutes_.size(); ++minute) {
        if (minutes_[minute]) return Time(day + std::chrono::hours(hour) + std::chrono::minutes(minute));
      }
    }
  }
  return std::nullopt;
}

}  // namespace jobs
