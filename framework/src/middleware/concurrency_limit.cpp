#include <rondeau/middleware/concurrency_limit.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include <rondeau/response/problem.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/time/timeout.h>

#include "middleware/seconds.h"
#include "middleware/step.h"

namespace rondeau::middleware {
namespace {

/// The places of one key.
struct Gate {
  explicit Gate(std::size_t limit) : places(limit) {}
  sync::Semaphore places;
  std::size_t users = 0;  // who is in or waits; guarded by Shared::mutex
};

}  // namespace

/// A gate lives as long as somebody uses it, so that there are no more of them than requests.
struct ConcurrencyLimit::Shared {
  explicit Shared(ConcurrencyLimitOptions given) : options(std::move(given)) {}

  const ConcurrencyLimitOptions options;
  std::mutex mutex;
  std::unordered_map<std::string, Gate> gates;  // whose elements stay where they are
};

/// Counts a request among the users of its gate. Empty where there are too many.
class ConcurrencyLimit::Place {
 public:
  Place(Shared& shared, std::string key) : shared_(&shared) {
    const std::lock_guard lock(shared.mutex);
    const auto found = shared.gates.try_emplace(std::move(key), shared.options.limit).first;
    const std::size_t users = found->second.users;
    // Subtracted, so that no setting overflows.
    if (users >= shared.options.limit && users - shared.options.limit >= shared.options.max_waiting) return;
    ++found->second.users;
    entry_ = &*found;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (entry_ == nullptr) return;
    const std::lock_guard lock(shared_->mutex);
    if (--entry_->second.users == 0) shared_->gates.erase(entry_->first);
  }

  explicit operator bool() const noexcept { return entry_ != nullptr; }
  sync::Semaphore& places() noexcept { return entry_->second.places; }

 private:
  Shared* shared_;
  std::pair<const std::string, Gate>* entry_ = nullptr;
};

ConcurrencyLimit::ConcurrencyLimit(ConcurrencyLimitOptions options)
    : shared_(std::make_shared<Shared>(std::move(options))) {}

Result<void> ConcurrencyLimit::check() const {
  const ConcurrencyLimitOptions& options = shared_->options;
  const auto bad = [](const char* text) { return Error(Errc::InvalidArgument, text); };
  if (options.limit == 0) return bad("ConcurrencyLimit: a limit of 0; to refuse everything, use Maintenance");
  if (options.limit > sync::Semaphore::kMaxPermits) return bad("ConcurrencyLimit: the limit is too large");
  if (options.max_wait < base::Duration::zero()) return bad("ConcurrencyLimit: max_wait is negative");
  return {};
}

task::Task<http::Response> ConcurrencyLimit::operator()(http::Request request, handler::Next next) const {
  const std::shared_ptr<Shared> shared = shared_;
  std::string key;
  if (shared->options.key) {
    std::optional<std::string> said = (*shared->options.key)(request);
    if (!said) co_return co_await next(std::move(request));
    key = *std::move(said);
  }
  const auto refuse = [&] {
    const auto seconds = std::max<std::int64_t>(whole_seconds(shared->options.max_wait), 1);
    return response::Problem(http::StatusCode::ServiceUnavailable, "too many requests of this kind are being answered")
        .header(http::HeaderName::RetryAfter, std::to_string(seconds))
        .into_response(request);
  };
  Place place(*shared, std::move(key));
  if (!place) co_return refuse();
  Step* const step = request.extensions().get<Step>();
  if (step != nullptr) step->name = "waiting for its turn";
  const auto permit = co_await time::timeout(shared->options.max_wait, place.places().acquire());
  if (!permit) co_return refuse();
  if (step != nullptr) step->name = Step().name;
  co_return co_await next(std::move(request));
}

void ConcurrencyLimit::describe(schema::Operation& operation) const {
  operation.problem(http::StatusCode::ServiceUnavailable).header("Retry-After");
}

}  // namespace rondeau::middleware
