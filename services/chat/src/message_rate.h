// MessageRate: how many messages a member may send.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <rondeau/base/instant.h>

namespace chat {

/// At most 20 messages in any 10 s. What is beyond is refused; the fourth time the member has to go. A minute without a
/// refusal makes up for those before. Thread safety: none.
class MessageRate {
 public:
  static constexpr std::size_t kMessages = 20;
  static constexpr rondeau::Duration kWindow = std::chrono::seconds(10);
  static constexpr int kWarnings = 3;
  static constexpr rondeau::Duration kForgiven = std::chrono::minutes(1);

  enum class Verdict : std::uint8_t { Allowed, Warned, Over };

  Verdict judge(rondeau::Instant now) noexcept {
    rondeau::Instant& oldest = sent_[next_];
    if (count_ == kMessages && now - oldest < kWindow) return warn(now);
    oldest = now;
    next_ = (next_ + 1) % kMessages;
    if (count_ < kMessages) ++count_;
    return Verdict::Allowed;
  }

 private:
  Verdict warn(rondeau::Instant now) noexcept {
    if (warnings_ > 0 && now - warned_ >= kForgiven) warnings_ = 0;
    warned_ = now;
    return ++warnings_ > kWarnings ? Verdict::Over : Verdict::Warned;
  }

  std::array<rondeau::Instant, kMessages> sent_ = {};  // a ring; once full, next_ is the oldest
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  rondeau::Instant warned_;
  int warnings_ = 0;
};

}  // namespace chat
