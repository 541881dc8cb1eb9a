#include "server/accept.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>

#include <rondeau/net/socket_listener.h>
#include <rondeau/task/select.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/sleep.h>

#include "server/connection.h"

namespace rondeau::server {
namespace {

using std::chrono::milliseconds;

constexpr int kAcceptedInARow = 32;
constexpr milliseconds kFirstPause{10};
constexpr milliseconds kLongestPause{100};

enum class Verdict : std::uint8_t { GoOn, Pause, GiveUp };

Verdict judge(const Error& error) noexcept {
  if (error == Errc::ShuttingDown) return Verdict::GiveUp;
  switch (error.os_error()) {
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
      return Verdict::GiveUp;
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return Verdict::GoOn;
    default:
      return Verdict::Pause;
  }
}

/// Something kept us from accepting: one line a second at most.
class Complaint {
 public:
  void print(const Error& error) {
    const Instant now = Instant::now();
    if (last_ && now - *last_ < std::chrono::seconds(1)) return;
    last_ = now;
    const std::string text = error.message();
    std::fprintf(stderr, "rondeau: accepting connections pauses: %s\n", text.c_str());
  }

 private:
  std::optional<Instant> last_;
};

void start(Accepted accepted, const AcceptTerms& terms) {
  auto connection = std::make_unique<Connection>(terms.server, std::move(accepted));
  if (!connection->enter()) return;
  task::spawn(serve_connection(std::move(connection), terms.spread)).detach();
}

/// Until a connection has left or the time is over. False: it is time to stop.
task::Task<bool> wait_for_leave(const AcceptTerms& terms, Duration time) {
  auto left = terms.server->connections.left().notified();
  auto won = co_await task::select(terms.stop.cancelled(), left, time::sleep_for(time));
  co_return won.index() != 0;
}

task::Task<bool> wait_for_room(const AcceptTerms& terms) {
  for (;;) {
    auto left = terms.server->connections.left().notified();
    if (terms.server->connections.count() < terms.max_connections) co_return true;
    auto won = co_await task::select(terms.stop.cancelled(), left);
    if (won.index() == 0) co_return false;
  }
}

/// What was on its way when we were told to stop is served, too.
task::Task<void> empty_backlog(Listener& listener, const AcceptTerms& terms) {
  listener.drop_new_connections();
  for (int round = 0; round < 2; ++round) {
    for (auto accepted = listener.try_accept(); accepted; accepted = listener.try_accept()) {
      start(*std::move(accepted), terms);
    }
    // Lets the reactor tell what it has not told yet.
    if (round == 0) co_await time::sleep_for(milliseconds(1));
  }
}

}  // namespace

std::size_t default_max_connections() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  // Systems start programs with a low soft limit, for those that still call select(2).
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  if (limit.rlim_cur == RLIM_INFINITY) return std::size_t{1} << 20;
  return std::max<std::size_t>(1, static_cast<std::size_t>(limit.rlim_cur) * 8 / 10);
}

task::Task<Result<void>> accept_connections(Listener& listener, const AcceptTerms& terms) {
  milliseconds pause = kFirstPause;
  Complaint complaint;
  for (int in_a_row = 0; co_await wait_for_room(terms);) {
    auto won = co_await task::select(terms.stop.cancelled(), net::AcceptFrom<Listener>(listener)).biased();
    if (won.index() == 0) break;
    Result<Accepted> accepted = std::move(won).template get<1>();
    if (accepted) {
      start(*std::move(accepted), terms);
      pause = kFirstPause;
      if (++in_a_row % kAcceptedInARow == 0) co_await task::yield_now();
      continue;
    }
    const Verdict verdict = judge(accepted.error());
    if (verdict == Verdict::GiveUp) co_return accepted.error();
    if (verdict == Verdict::GoOn) continue;
    complaint.print(accepted.error());
    if (!co_await wait_for_leave(terms, pause)) break;
    pause = std::min(pause * 2, kLongestPause);
  }
  if (!terms.handed_over.is_cancelled()) co_await empty_backlog(listener, terms);
  co_return Result<void>();
}

}  // namespace rondeau::server
