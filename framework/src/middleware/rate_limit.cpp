#include <rondeau/middleware/rate_limit.h>

#include <utility>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/response/problem.h>
#include <rondeau/text/ascii.h>

#include "middleware/key_table.h"
#include "middleware/rate.h"
#include "middleware/seconds.h"

namespace rondeau::middleware {
namespace {

using http::HeaderName;

/// What the limits around a request have said, for the way back.
struct Verdicts {
  std::vector<std::pair<const void*, RateVerdict>> of;
};

}  // namespace

struct RateLimit::Shared {
  explicit Shared(RateLimitOptions given)
      : options(std::move(given)),
        rate{options.quota, base::Duration(options.window).count(), options.burst.value_or(options.quota)},
        policy("\"" + options.name + "\";q=" + std::to_string(options.quota) +
               ";w=" + std::to_string(options.window.count())),
        buckets(options.max_keys),
        windows(options.max_keys) {}

  RateVerdict ask(std::string_view key) {
    const std::int64_t now = base::Instant::now().nanoseconds();
    if (options.algorithm == RateAlgorithm::TokenBucket) {
      return buckets.with(key, [&](TokenBucket& bucket) { return bucket.ask(rate, now); });
    }
    return windows.with(key, [&](SlidingWindow& window) { return window.ask(rate, now); });
  }
  void announce(const RateVerdict& verdict, http::Headers& headers) const {
    if (!options.announce) return;
    // One line for each limit: they are one list (RFC 9651 §3.1), whose names check() has seen.
    static_cast<void>(headers.append(HeaderName::RateLimitPolicy, policy));
    static_cast<void>(headers.append(HeaderName::RateLimit, "\"" + options.name +
                                                                "\";r=" + std::to_string(verdict.remaining) +
                                                                ";t=" + std::to_string(whole_seconds(verdict.reset))));
  }

  const RateLimitOptions options;
  const Rate rate;
  const std::string policy;
  KeyTable<TokenBucket> buckets;
  KeyTable<SlidingWindow> windows;
};

RateLimit::RateLimit(RateLimitOptions options) : shared_(std::make_shared<Shared>(std::move(options))) {}

Result<void> RateLimit::check() const {
  const RateLimitOptions& options = shared_->options;
  const auto bad = [](const char* text) { return Error(Errc::InvalidArgument, text); };
  if (options.quota == 0) return bad("RateLimit: a quota of 0; to refuse everything, use Maintenance");
  if (options.window < std::chrono::seconds(1) || options.window > std::chrono::hours(24 * 31)) {
    return bad("RateLimit: the window is 1 s to 31 days");
  }
  if (options.quota > base::Duration(options.window).count()) {
    return bad("RateLimit: the quota is more than one request a nanosecond");
  }
  if (options.burst && (*options.burst == 0 || *options.burst / 1000 > options.quota)) {
    return bad("RateLimit: the burst is 1 to 1,000 quotas");
  }
  if (options.max_keys == 0) return bad("RateLimit: max_keys is 0");
  if (!text::is_token(options.name)) return bad("RateLimit: the name is letters, digits and signs of a token");
  return {};
}

std::optional<http::Response> RateLimit::before(http::Request& request) const {
  const std::optional<std::string> key = shared_->options.key(request);
  if (!key) return std::nullopt;
  const RateVerdict verdict = shared_->ask(*key);
  if (verdict.allowed) {
    Verdicts* verdicts = request.extensions().get<Verdicts>();
    if (verdicts == nullptr) verdicts = &request.extensions().insert(Verdicts());
    verdicts->of.emplace_back(shared_.get(), verdict);
    return std::nullopt;
  }
  const std::string seconds = std::to_string(whole_seconds(verdict.retry_after));
  http::Response response =
      response::Problem(http::StatusCode::TooManyRequests, "too many requests; the next passes in " + seconds + " s")
          .header(HeaderName::RetryAfter, seconds)
          .into_response(request);
  shared_->announce(verdict, response.headers());
  return response;
}

void RateLimit::after(const http::Request& request, http::Response& response) const {
  const Verdicts* verdicts = request.extensions().get<Verdicts>();
  if (verdicts == nullptr) return;
  for (const auto& [limit, verdict] : verdicts->of) {
    if (limit == shared_.get()) return shared_->announce(verdict, response.headers());
  }
}

void RateLimit::describe(schema::Operation& operation) const {
  schema::Response& refused = operation.problem(http::StatusCode::TooManyRequests);
  refused.header("Retry-After", "Seconds until the next request passes");
  if (!shared_->options.announce) return;
  refused.header("RateLimit", "What is left, and when nothing is used any more");
  refused.header("RateLimit-Policy", "What is allowed, in which time");
}

}  // namespace rondeau::middleware
