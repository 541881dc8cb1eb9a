#include "forward.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/client/into_response.h>
#include <rondeau/time/timeout.h>

namespace gateway {
namespace {

using namespace rondeau;
using client::ErrorKind;

/// A peer has one more request under way, as long as this lives.
class Load {
 public:
  explicit Load(std::shared_ptr<PeerState> state) noexcept : state_(std::move(state)) {
    state_->under_way.fetch_add(1, std::memory_order_relaxed);
  }
  Load(Load&&) noexcept = default;
  Load& operator=(Load&&) = delete;
  ~Load() {
    if (state_ != nullptr) state_->under_way.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<PeerState> state_;
};

using Attempt = Result<Response, client::Error>;

client::Error too_late(const Peer& peer, Duration limit) {
  return client::Error({.kind = ErrorKind::TotalTimeout,
                        .phase = client::Phase::Head,
                        .cause = "no answer within " + std::to_string(limit / std::chrono::milliseconds(1)) + " ms",
                        .sent = client::Sent::Maybe,
                        .url = peer.url});
}

/// A body that comes as it likes is bounded by silence alone: who sends a large file over a thin line is not late.
Task<Attempt> ask(const Peer& peer, const Route& route, Request& request) {
  if (!request.body().is_buffered()) co_return co_await peer.proxy.forward(request, route.forwarding(request));
  auto answer = co_await time::timeout(route.settings.timeout, peer.proxy.forward(request, route.forwarding(request)));
  if (!answer) co_return too_late(peer, route.settings.timeout);
  co_return *std::move(answer);
}

bool is_gateway_error(const Attempt& attempt) noexcept {
  if (!attempt) return true;
  const unsigned code = http::code(attempt->status());
  return code == 502 || code == 503 || code == 504;
}

/// The client's own fault, or its end: says nothing about the peer.
bool is_of_client(const Attempt& attempt) noexcept {
  return !attempt && (attempt.error() == ErrorKind::InvalidRequest || attempt.error() == ErrorKind::InvalidUrl);
}

std::string_view outcome_of(const Attempt& attempt) noexcept {
  if (!attempt) return client::to_string(attempt.error().kind());
  return http::code(attempt->status()) >= 500 ? "5xx" : "answered";
}

bool may_ask_again(const Request& request, const Attempt& attempt) noexcept {
  if (!request.body().is_buffered()) return false;
  if (http::is_idempotent(request.method())) return true;
  return !attempt && attempt.error().sent() == client::Sent::No;
}

void edit(const RouteSettings& settings, Response& response) {
  if (settings.remove_response_headers) {
    for (const std::string& name : *settings.remove_response_headers) response.headers().remove(name);
  }
  if (settings.set_response_headers) {
    for (const auto& [name, value] : *settings.set_response_headers) response.header(name, value);
  }
}

}  // namespace

Task<Response> pass_on(std::shared_ptr<const Table> table, const Route& route, std::shared_ptr<const Counts> counts,
                       Request request) {
  if (route.limit) {
    if (auto refused = route.limit->before(request)) co_return *std::move(refused);
  }
  const auto counted = [&](Response response) {
    if (route.limit) route.limit->after(request, response);
    return response;
  };
  const Upstream& upstream = *route.upstream;
  if (route.settings.retries > 0 && request.body().remaining().value_or(kHeldBody + 1) <= kHeldBody) {
    if (const Result<void> held = co_await request.body().buffer(kHeldBody); !held) {
      co_return counted(problem(http::status_of_body_error(held.error()), held.error().message()).into_response(request));
    }
  }
  const std::string key = upstream.key_of(request);
  upstream.budget().deposit();
  std::vector<const Peer*> tried;
  std::optional<Attempt> last;
  for (;;) {
    const Peer* const peer = upstream.choose(tried, key);
    if (peer == nullptr) break;
    last.reset();  // an answer that nobody wants gives its connection back
    Load load(peer->state);
    Attempt attempt = co_await ask(*peer, route, request);
    counts->requests.with({upstream.name(), peer->url, outcome_of(attempt)}).add();
    if (!is_of_client(attempt)) upstream.tell(*peer, !is_gateway_error(attempt));
    tried.push_back(peer);
    const bool again = is_gateway_error(attempt) && !is_of_client(attempt) && tried.size() <= route.settings.retries &&
                       tried.size() < upstream.peers().size() && may_ask_again(request, attempt) &&
                       upstream.budget().withdraw();
    if (again) {
      counts->retries.with({upstream.name()}).add();
      last = std::move(attempt);
      continue;
    }
    if (!attempt) co_return counted(Problem(std::move(attempt).error()).into_response(request));
    edit(route.settings, *attempt);
    // Until its body is over it is under way, and its table is kept.
    auto end = [load = std::make_shared<Load>(std::move(load)), table]() -> Task<void> { co_return; };
    attempt->after(std::move(end));
    co_return counted(*std::move(attempt));
  }
  if (last && *last) co_return counted(**std::move(last));
  if (last) co_return counted(Problem(std::move(*last).error()).into_response(request));
  co_return counted(problem(StatusCode::ServiceUnavailable, "there is nobody to ask").into_response(request));
}

}  // namespace gateway
