#include <rondeau/middleware/deadlines.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include <rondeau/extract/deadline.h>
#include <rondeau/response/problem.h>
#include <rondeau/task/context.h>
#include <rondeau/text/ascii.h>
#include <rondeau/time/timeout.h>

#include "middleware/step.h"

namespace rondeau::middleware {
namespace {

using base::Duration;
using base::Instant;
using http::HeaderName;

constexpr std::size_t kMaxDigits = 8;  // of Grpc-Timeout; a day in milliseconds has as many

std::optional<std::int64_t> parse_digits(std::string_view text) {
  if (text.empty() || text.size() > kMaxDigits || !std::ranges::all_of(text, text::is_digit)) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<Duration> parse_milliseconds(std::string_view text) {
  const auto value = parse_digits(text);
  return value ? std::optional<Duration>(std::chrono::milliseconds(*value)) : std::nullopt;
}

/// Digits and a unit (gRPC over HTTP/2, "Timeout").
std::optional<Duration> parse_grpc(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto value = parse_digits(text.substr(0, text.size() - 1));
  if (!value) return std::nullopt;
  switch (text.back()) {
    case 'H':
      return std::chrono::hours(std::min<std::int64_t>(*value, 1'000'000));  // a century is as good as more
    case 'M':
      return std::chrono::minutes(*value);
    case 'S':
      return std::chrono::seconds(*value);
    case 'm':
      return std::chrono::milliseconds(*value);
    case 'u':
      return std::chrono::microseconds(*value);
    case 'n':
      return std::chrono::nanoseconds(*value);
    default:
      return std::nullopt;
  }
}

/// Takes the field's time over into `shortest`. False: it is none.
bool read(const http::Request& request, HeaderName name, std::optional<Duration> (*parse)(std::string_view),
          std::optional<Duration>& shortest) {
  const http::RequestHeaders headers = request.headers();
  const std::size_t count = headers.count(name);
  if (count == 0) return true;
  const std::optional<Duration> span = count == 1 ? parse(*headers.get(name)) : std::nullopt;
  if (!span) return false;
  shortest = std::min(shortest.value_or(*span), *span);
  return true;
}

http::Response too_late(const http::Request& request, std::string_view step) {
  return response::Problem(http::StatusCode::GatewayTimeout)
      .title("Gateway Timeout: the time that the client gave was used up " + std::string(step))
      .into_response(request);
}

}  // namespace

std::optional<http::Response> Deadlines::before(http::Request& request) const {
  std::optional<Duration> span;
  for (const auto& [name, parse] : {std::pair(HeaderName::XRequestTimeoutMs, &parse_milliseconds),
                                    std::pair(HeaderName::GrpcTimeout, &parse_grpc)}) {
    if (read(request, name, parse, span)) continue;
    response::Problem problem(http::StatusCode::BadRequest);
    problem.error({"header", text::to_lower(http::to_string(name)), "type", "is no time span"});
    return problem.into_response(request);
  }
  const Instant now = Instant::now();
  Instant deadline = task::Context::current().deadline().value_or(Instant::far_future());
  if (span) deadline = std::min(deadline, now + *span);
  if (deadline == Instant::far_future()) return std::nullopt;
  if (deadline <= now) return too_late(request, "before it came here");
  request.extensions().insert(extract::Deadline{{deadline}});
  request.extensions().insert(Step());
  return std::nullopt;
}

task::Task<http::Response> Deadlines::wrap(task::Task<http::Response> inside, http::Request request) const {
  const extract::Deadline* deadline = request.extensions().get<extract::Deadline>();
  if (deadline == nullptr) co_return co_await std::move(inside);
  Result<http::Response, time::Elapsed> answer = co_await time::timeout_at(**deadline, std::move(inside));
  if (answer) co_return *std::move(answer);
  // A body that is still with the peer is what was waited for.
  const Step* step = request.extensions().get<Step>();
  co_return too_late(request, request.body().is_buffered() ? step->name : "while the body was read");
}

}  // namespace rondeau::middleware
