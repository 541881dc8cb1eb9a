// Payloads: from their JSON to a struct, with a sentence where that fails.
#pragma once

#include <string>

#include <rondeau/base/result.h>
#include <rondeau/json/json.h>

namespace jobs {

/// Errors: InvalidData: "/mib must be at least 1".
template <class T>
rondeau::Result<T> payload_as(const std::string& payload) {
  auto value = rondeau::json::parse<T>(payload);
  if (value) return *std::move(value);
  const auto& entries = value.error().entries;
  if (entries.empty()) return rondeau::Error(rondeau::Errc::InvalidData, "is not what this kind takes");
  const auto& first = entries.front();
  return rondeau::Error(rondeau::Errc::InvalidData, (first.pointer.empty() ? "" : first.pointer + " ") + first.message);
}

/// Why it cannot be that; empty where it can.
template <class T>
std::string why_not_as(const std::string& payload) {
  const auto value = payload_as<T>(payload);
  return value ? std::string() : std::string(value.error().context());
}

}  // namespace jobs
