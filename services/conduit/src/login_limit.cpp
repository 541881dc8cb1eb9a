#include "login_limit.h"

#include <algorithm>

namespace conduit {

using rondeau::Instant;

namespace {
constexpr std::chrono::seconds kWindow{60};
}

std::optional<std::chrono::seconds> LoginLimit::refuse(std::string_view address, std::string_view email) {
  const Instant now = Instant::now();
  // An address holds no blank, so no two pairs give one key.
  const std::string key = std::string(address).append(" ").append(email);
  const std::lock_guard lock(mutex_);
  if (!tried_.contains(key)) make_room(now);
  Tries& tries = tried_[key];
  while (!tries.empty() && now - tries.front() >= kWindow) tries.pop_front();
  if (tries.size() >= tries_) {
    return std::chrono::ceil<std::chrono::seconds>(kWindow - (now - tries.front()));
  }
  tries.push_back(now);
  return std::nullopt;
}

void LoginLimit::make_room(Instant now) {
  if (tried_.size() < most_keys_) return;
  std::erase_if(tried_, [&](const auto& entry) { return now - entry.second.back() >= kWindow; });
  if (tried_.size() < most_keys_) return;
  tried_.erase(std::ranges::min_element(tried_, {}, [](const auto& entry) { return entry.second.back(); }));
}

}  // namespace conduit
