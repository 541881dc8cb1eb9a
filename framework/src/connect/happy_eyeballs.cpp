#include "connect/happy_eyeballs.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <rondeau/task/join_set.h>
#include <rondeau/time/timeout.h>

namespace rondeau::connect {
namespace {

task::Task<Result<net::TcpStream>> connect_one(SocketAddress address, TcpOptions options) {
  RONDEAU_TRY(net::TcpSocket socket, address.is_v4() ? net::TcpSocket::v4() : net::TcpSocket::v6());
  RONDEAU_TRY_VOID(socket.set_nodelay(options.nodelay));
  if (options.keepalive) RONDEAU_TRY_VOID(socket.set_keepalive(options.keepalive));
  if (options.user_timeout) RONDEAU_TRY_VOID(socket.set_user_timeout(*options.user_timeout));
  co_return co_await std::move(socket).connect(std::move(address));
}

struct Attempted {
  SocketAddress address;
  Result<net::TcpStream> stream;
};

task::Task<Attempted> attempt(SocketAddress address, TcpOptions options) {
  Result<net::TcpStream> stream = co_await connect_one(address, options);
  co_return Attempted{std::move(address), std::move(stream)};
}

std::string all_of(const std::vector<ConnectError::Attempt>& attempts) {
  std::string text;
  for (const ConnectError::Attempt& each : attempts) {
    if (!text.empty()) text += "; ";
    text += each.error.message();
  }
  return text;
}

}  // namespace

std::vector<SocketAddress> interleave(const std::vector<SocketAddress>& addresses, std::size_t most) {
  std::vector<SocketAddress> ordered;
  std::size_t next[2] = {0, 0};  // of those like the first, of the others
  const auto find = [&](bool like_first) -> const SocketAddress* {
    std::size_t& at = next[like_first ? 0 : 1];
    while (at < addresses.size() && (addresses[at].is_v4() == addresses.front().is_v4()) != like_first) ++at;
    return at < addresses.size() ? &addresses[at++] : nullptr;
  };
  for (bool like_first = true; ordered.size() < std::min(most, addresses.size()); like_first = !like_first) {
    if (const SocketAddress* const address = find(like_first)) ordered.push_back(*address);
  }
  return ordered;
}

task::Task<Result<net::TcpStream, ConnectError>> connect_first(std::vector<SocketAddress> addresses,
                                                               const ConnectorOptions& options, Progress& progress) {
  const auto failed = [&progress](SocketAddress address, Error error) {
    std::erase(progress.under_way, address);
    progress.attempts.push_back({std::move(address), std::move(error)});
  };
  if (addresses.size() == 1) {
    // Nothing to race with, so no task for it.
    progress.under_way.push_back(addresses.front());
    auto stream = co_await connect_one(addresses.front(), options.tcp);
    if (stream) {
      progress.under_way.clear();
      co_return *std::move(stream);
    }
    failed(addresses.front(), std::move(stream).error());
  } else {
    task::JoinSet<Attempted> racing;
    Instant next_at = Instant::now();
    for (auto next = addresses.begin(); next != addresses.end() || !racing.empty();) {
      if (next != addresses.end() && (racing.empty() || next_at <= Instant::now())) {
        progress.under_way.push_back(*next);
        racing.spawn(attempt, *next++, options.tcp);
        next_at = Instant::now() + options.attempt_delay;
      }
      const Instant until = next != addresses.end() ? next_at : Instant::far_future();
      auto ended = co_await time::timeout_at(until, racing.join_next());
      if (!ended || !*ended || !**ended) continue;  // time for the next one
      Attempted& attempted = ***ended;
      if (attempted.stream) {
        progress.under_way.clear();
        co_return *std::move(attempted.stream);
      }
      failed(std::move(attempted.address), std::move(attempted.stream).error());
      next_at = Instant::now();
    }
  }
  // None where what was thrown ended them all.
  Error last = progress.attempts.empty() ? Error(Errc::Other, "connecting") : progress.attempts.back().error;
  const std::string what = all_of(progress.attempts);
  co_return Unexpected{progress.error(ConnectErrorKind::Connect, std::move(last), what)};
}

}  // namespace rondeau::connect
