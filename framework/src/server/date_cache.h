// DateCache: the Date of answers, made anew when its second is over; in between nobody looks at the wall clock.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/text/date.h>

namespace rondeau::server {

class DateCache {
 public:
  /// An IMF-fixdate. Lifetime: until the next call.
  std::string_view at(Instant now) noexcept {
    if (now >= until_) [[unlikely]] look(now);
    return {text_.data(), text_.size()};
  }

 private:
  void look(Instant now) noexcept;

  Instant until_ = Instant::from_nanoseconds(std::numeric_limits<std::int64_t>::min());
  std::array<char, text::kHttpDateLength> text_{};
};

}  // namespace rondeau::server
