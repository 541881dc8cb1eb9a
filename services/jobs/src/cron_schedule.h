// CronSchedule: "30 4 1,15 * mon-fri" – five fields, read as cron(5) has them, in UTC.
#pragma once

#include <bitset>
#include <optional>
#include <string_view>

#include <rondeau/base/result.h>

#include "stored_time.h"

namespace jobs {

/// Minute, hour, day of the month, month, day of the week. A field is `*` or a list of numbers, names (jan, mon) and
/// ranges, each with a step behind a slash or without. 0 and 7 are Sunday. Where both kinds of day are limited, either
/// will do. Also @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually.
class CronSchedule {
 public:
  /// Errors: InvalidArgument, with a sentence for who wrote it: "hour: 24 is not from 0 to 23".
  static rondeau::Result<CronSchedule> parse(std::string_view text);

  /// The first minute behind that time. Nothing where none comes within the nine years that 29 February may be away.
  std::optional<Time> next(Time after) const;

 private:
  bool is_on(std::chrono::year_month_day date) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;    // from 1
  std::bitset<13> months_;  // from 1
  std::bitset<7> weekdays_;
  bool any_day_ = false;      // the field begins with a star
  bool any_weekday_ = false;  // the field begins with a star
};

}  // namespace jobs
