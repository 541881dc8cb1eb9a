// One log line for each answer.
#pragma once

#include <optional>
#include <string_view>

#include <rondeau/handler/layer.h>

namespace rondeau::service {

/// Method, route, path without its query, status, milliseconds, peer and request id.
struct AccessLog {
  static constexpr handler::Slot kSlot = handler::Slot::AccessLog;

  std::optional<http::Response> before(http::Request& request) const;
  void after(const http::Request& request, http::Response& response) const;
};

/// What an escaped exception leaves in the log.
void log_unhandled(const http::Request& request, std::string_view what);

}  // namespace rondeau::service
