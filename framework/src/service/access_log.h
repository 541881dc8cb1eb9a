// One log line for each answer.
#pragma once

#include <optional>
#include <string_view>

#include <rondeau/handler/layer.h>
#include <rondeau/server/serve.h>

namespace rondeau::service {

/// Method, route, path without its query, status, milliseconds, peer and request id.
struct AccessLog {
  static constexpr handler::Slot kSlot = handler::Slot::AccessLog;

  std::optional<http::Response> before(http::Request& request) const;
  void after(const http::Request& request, http::Response& response) const;
};

/// The same for an answer that the server gave by itself.
void log_refused(const server::Refused& refused);
/// An answer that was logged, and then not sent to its end.
void log_broken(const server::Broken& broken);
/// What a drain has cut, a line each.
void log_cut(const server::ServeReport& report);
/// What an escaped exception leaves in the log.
void log_unhandled(const http::Request& request, std::string_view what);

}  // namespace rondeau::service
