// LoginLimit: so many tries to log in a minute, for each email from each address.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rondeau/base/instant.h>

namespace conduit {

/// A sliding window: at most `tries` in any minute. Refused tries do not count. Thread safety: any thread.
class LoginLimit {
 public:
  static constexpr std::size_t kMostKeys = 65'536;  ///< beyond, who tried longest ago is forgotten

  /// `tries` is at least 1.
  explicit LoginLimit(std::uint32_t tries = 10, std::size_t most_keys = kMostKeys)
      : tries_(tries), most_keys_(most_keys) {}

  /// Counts one try; or says how long to wait for the next.
  std::optional<std::chrono::seconds> refuse(std::string_view address, std::string_view email);

 private:
  using Tries = std::deque<rondeau::Instant>;
  void make_room(rondeau::Instant now);

  const std::uint32_t tries_;
  const std::size_t most_keys_;
  std::mutex mutex_;
  std::unordered_map<std::string, Tries> tried_;  // guarded by mutex_; no entry is empty
};

}  // namespace conduit
