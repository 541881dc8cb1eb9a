#include "client/instruments.h"

#include <chrono>

namespace rondeau::client {
namespace {

/// The methods of RFC 9110 and 5789; others have one label together.
std::string_view label_of(http::Method method) noexcept {
  switch (method) {
    case http::Method::Get:
    case http::Method::Head:
    case http::Method::Post:
    case http::Method::Put:
    case http::Method::Delete:
    case http::Method::Options:
    case http::Method::Trace:
    case http::Method::Patch:
      return http::to_string(method);
    default:
      return "_OTHER";
  }
}

}  // namespace

Instruments::Instruments(std::shared_ptr<observe::Registry> registry)
    : registry_(std::move(registry)),
      duration_(registry_->histogram(
          "http_client_request_duration_seconds", "Duration of HTTP client requests.",
          {"http_request_method", "server_address", "http_response_status_code", "error_type"})),
      attempts_(registry_->counter("http_client_attempts_total", "Attempts made, those of redirections, replays and retries included.",
                                   {"server_address"})),
      active_(registry_->gauge("http_client_active_requests", "Number of active HTTP client requests.",
                               {"http_request_method", "server_address"})) {}

Instruments::Measured::Measured(const Instruments* instruments, http::Method method, std::string server)
    : instruments_(instruments), method_(label_of(method)), server_(std::move(server)) {
  if (instruments_ != nullptr) instruments_->active_.with({method_, server_}).add(1);
}

void Instruments::Measured::answered(http::StatusCode status, unsigned requests) {
  const std::string code = std::to_string(http::code(status));
  // OpenTelemetry: a status that is a failure is an error by its own number.
  record(code, http::code(status) >= 400 ? code : std::string_view(), requests);
}

void Instruments::Measured::failed(const Error& error, unsigned requests) {
  record("", to_string(error.kind()), requests);
}

void Instruments::Measured::record(std::string_view status, std::string_view error, unsigned requests) {
  if (instruments_ == nullptr) return;
  const std::chrono::duration<double> took = began_.elapsed();
  const Instruments& into = *std::exchange(instruments_, nullptr);
  into.duration_.with({method_, server_, status, error}).observe(took.count());
  into.attempts_.with({server_}).add(requests);
  into.active_.with({method_, server_}).add(-1);
}

}  // namespace rondeau::client
