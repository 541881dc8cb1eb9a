#include "service/limits.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace rondeau::service {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kLeastHead = 1024;
constexpr std::uint64_t kMostHead = 1024 * 1024;  // a connection keeps it in memory until it is whole
constexpr milliseconds kLongest = std::chrono::days(30);

std::string range(std::uint64_t least, std::uint64_t most) {
  return "must be from " + std::to_string(least) + " to " + std::to_string(most) + " bytes";
}

}  // namespace

void judge_limits(const LimitSettings& settings, std::vector<std::string>& mistakes) {
  const auto wrong = [&](std::string_view key, std::string_view why) {
    mistakes.push_back("server.limits." + std::string(key) + ": " + std::string(why));
  };
  for (const auto& [key, time] : {std::pair("keep_alive", settings.keep_alive), std::pair("head", settings.head),
                                  std::pair("body_read", settings.body_read), std::pair("handler", settings.handler),
                                  std::pair("write_stall", settings.write_stall)}) {
    if (time <= milliseconds(0)) wrong(key, "must be more than 0s");
    if (time > kLongest) wrong(key, "must be at most 720h");
  }
  if (settings.max_connections == 0) wrong("max_connections", "must be at least 1");
  if (settings.max_connections_per_address == 0) wrong("max_connections_per_address", "must be at least 1");
  if (settings.max_connections && settings.max_connections_per_address > settings.max_connections) {
    wrong("max_connections_per_address", "is more than max_connections");
  }
  if (settings.max_head < kLeastHead || settings.max_head > kMostHead) wrong("max_head", range(kLeastHead, kMostHead));
  if (settings.max_streamed_body && *settings.max_streamed_body < settings.max_buffered_body) {
    wrong("max_streamed_body", "is less than max_buffered_body, which it bounds, too");
  }
}

http::Limits limits_of(const ServiceSettings& settings) {
  const LimitSettings& said = settings.server.limits;
  http::Limits limits = http::Limits::edge();
  limits.max_connections = said.max_connections;
  limits.max_connections_per_address = said.max_connections_per_address;
  limits.keep_alive = said.keep_alive;
  limits.max_head = said.max_head;
  limits.head = said.head;
  limits.max_buffered_body = said.max_buffered_body;
  limits.max_streamed_body = said.max_streamed_body;
  limits.max_multipart = said.max_multipart;
  limits.body_read = said.body_read;
  limits.handler = said.handler;
  limits.write_stall = said.write_stall;
  limits.shutdown = settings.shutdown.timeout;
  return limits;
}

}  // namespace rondeau::service
