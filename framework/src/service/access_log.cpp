#include "service/access_log.h"

#include <chrono>

#include <rondeau/base/instant.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/observe/log.h>
#include <rondeau/observe/redact.h>
#include <rondeau/task/context.h>

namespace rondeau::service {
namespace {

struct Began {
  Instant at;
};

}  // namespace

std::optional<http::Response> AccessLog::before(http::Request& request) const {
  request.extensions().insert(Began{Instant::now()});
  return std::nullopt;
}

void AccessLog::after(const http::Request& request, http::Response& response) const {
  const log::Level least = http::is_server_error(response.status()) ? log::Level::Warn : log::Level::Info;
  if (log::level() > least) return;
  const auto* began = request.extensions().get<Began>();
  const double milliseconds =
      began == nullptr ? 0 : std::chrono::duration<double, std::milli>(began->at.elapsed()).count();
  const std::string peer = request.peer() != nullptr ? request.peer()->to_string() : std::string();
  const auto answered = [&](const auto&... more) {
    log::write(least, "access", "answered",
               {{"method", http::to_string(request.method())},
                {"route", request.route().pattern.empty() ? std::string_view("unmatched") : request.route().pattern},
                {"path", request.original_path()},
                {"status", static_cast<int>(response.status())},
                {"dur_ms", milliseconds},
                {"peer", peer},
                {"request_id", request.request_id()},
                more...});
  };
  const auto write = [&] {
    const std::string_view why = response.explanation();
    why.empty() ? answered() : answered(log::Field("error", why));
    if (log::level() > log::Level::Debug) return;
    log::write(log::Level::Debug, "access", "fields",
               {{"request", observe::loggable(request.headers())}, {"request_id", request.request_id()}});
  };
  // The way back is outside of what the handler ran under.
  task::Context::current().with_trace(request.trace()).sync_scope(write);
}

void log_refused(const server::Refused& refused) {
  const std::string peer = refused.peer != nullptr ? refused.peer->to_string() : std::string();
  const bool known = refused.request != nullptr;
  log::write(log::Level::Info, "access", "refused",
             {{"method", known ? http::to_string(refused.request->method()) : std::string_view()},
              {"path", known ? refused.request->original_path() : std::string_view()},
              {"status", static_cast<int>(refused.status)},
              {"reason", refused.reason},
              {"peer", peer},
              {"request_id", refused.request_id}});
}

void log_broken(const server::Broken& broken) {
  const http::Request& request = broken.request;
  const auto write = [&] {
    log::write(log::Level::Warn, "access", "an answer broke off",
               {{"method", http::to_string(request.method())},
                {"route", request.route().pattern},
                {"path", request.original_path()},
                {"error", broken.why},
                {"request_id", request.request_id()}});
  };
  task::Context::current().with_trace(request.trace()).sync_scope(write);
}

namespace {

std::string_view name_of(server::CutRequest::Kind kind) noexcept {
  switch (kind) {
    case server::CutRequest::Kind::Request:
      return "request";
    case server::CutRequest::Kind::Upgraded:
      return "upgraded";
    case server::CutRequest::Kind::Detached:
      return "detached";
  }
  return "";
}

}  // namespace

void log_cut(const server::ServeReport& report) {
  for (const server::CutRequest& cut : report.longest_cut) {
    log::write(log::Level::Warn, "service", "cut at the end of the drain",
               {{"kind", name_of(cut.kind)},
                {"method", http::to_string(cut.method)},
                {"route", cut.route},
                {"age_ms", std::chrono::duration_cast<std::chrono::milliseconds>(cut.age).count()},
                {"peer", cut.peer},
                {"request_id", cut.request_id}});
  }
  if (report.cut > report.longest_cut.size()) {
    log::write(log::Level::Warn, "service", "and more were cut", {{"number", report.cut - report.longest_cut.size()}});
  }
}

void log_unhandled(const http::Request& request, std::string_view what) {
  log::write(log::Level::Error, "http", "an exception left a handler",
             {{"what", what}, {"route", request.route().pattern}, {"request_id", request.request_id()}});
}

}  // namespace rondeau::service
