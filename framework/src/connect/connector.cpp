#include <rondeau/connect/connector.h>

#include <algorithm>
#include <utility>

#include <rondeau/net/unix_stream.h>
#include <rondeau/task/context.h>
#include <rondeau/time/timeout.h>
#include <rondeau/tls/stream.h>

#include "connect/happy_eyeballs.h"
#include "connect/host_name.h"
#include "connect/progress.h"
#include "connect/words.h"

namespace rondeau::connect {
namespace {

using Options = std::shared_ptr<const ConnectorOptions>;

/// A connection of the transport, and whom it is with.
struct Carrier {
  io::AnyStream stream;
  SocketAddress remote;
};

task::Task<Result<Carrier, ConnectError>> connect_unix(UnixPath path, const ConnectorOptions& options,
                                                       bool obeys_policy, Progress& progress) {
  std::string name = path.path;
  if (name.starts_with('@')) name.front() = '\0';
  const bool is_name = !name.empty() && (name.front() == '\0' || name.find('\0') == name.npos);
  auto address = is_name ? SocketAddress::unix_path(name) : Error(Errc::InvalidArgument, "no path of a Unix socket");
  if (!address) {
    co_return Unexpected{progress.error(ConnectErrorKind::InvalidEndpoint, std::move(address).error())};
  }
  if (obeys_policy && !options.policy.allows(*address)) {
    co_return Unexpected{progress.error(ConnectErrorKind::AddressDenied, Errc::PermissionDenied,
                                        "the address policy does not allow Unix sockets like this")};
  }
  progress.phase = ConnectPhase::Connect;
  progress.under_way.push_back(*address);
  auto stream = co_await net::UnixStream::connect(*address);
  progress.under_way.clear();
  if (!stream) {
    progress.attempts.push_back({*address, stream.error()});
    co_return Unexpected{progress.error(ConnectErrorKind::Connect, std::move(stream).error())};
  }
  co_return Carrier{io::AnyStream(*std::move(stream)), *std::move(address)};
}

/// Those that the policy allows; an error where it allows none.
Result<std::vector<SocketAddress>, ConnectError> allowed(std::vector<SocketAddress> addresses,
                                                         const AddressPolicy& policy, const Progress& progress) {
  const std::string denied = addresses.front().ip().to_string();
  const std::size_t found = addresses.size();
  std::erase_if(addresses, [&policy](const SocketAddress& address) { return !policy.allows(address); });
  if (!addresses.empty()) return addresses;
  const std::string more = found > 1 ? " nor the " + std::to_string(found - 1) + " others" : "";
  return Unexpected{progress.error(ConnectErrorKind::AddressDenied, Errc::PermissionDenied,
                                   "the address policy does not allow " + denied + more)};
}

task::Task<Result<Carrier, ConnectError>> connect_tcp(HostPort to, const ConnectorOptions& options, bool obeys_policy,
                                                      Progress& progress) {
  auto found = co_await options.resolver.resolve(to.host, to.port);
  if (!found) {
    const auto kind =
        found.error() == Errc::InvalidArgument ? ConnectErrorKind::InvalidEndpoint : ConnectErrorKind::Dns;
    co_return Unexpected{progress.error(kind, std::move(found).error())};
  }
  if (obeys_policy) {
    auto left = allowed(*std::move(found), options.policy, progress);
    if (!left) co_return Unexpected{std::move(left).error()};
    found = *std::move(left);
  }
  progress.phase = ConnectPhase::Connect;
  auto stream =
      co_await connect_first(interleave(*found, std::max<std::size_t>(options.max_addresses, 1)), options, progress);
  if (!stream) co_return Unexpected{std::move(stream).error()};
  auto remote = stream->peer_addr();
  // A peer that is gone already is met by who uses the connection.
  SocketAddress address = remote ? *std::move(remote) : SocketAddress();
  co_return Carrier{io::AnyStream(*std::move(stream)), std::move(address)};
}

task::Task<Result<Carrier, ConnectError>> connect_carrier(Address to, const ConnectorOptions& options,
                                                          bool obeys_policy, Progress& progress) {
  if (auto* const path = std::get_if<UnixPath>(&to))
    return connect_unix(std::move(*path), options, obeys_policy, progress);
  return connect_tcp(std::get<HostPort>(std::move(to)), options, obeys_policy, progress);
}

/// Whom a certificate has to be for.
std::string name_for_tls(const Tls& tls, const Address& address) {
  if (!tls.server_name.empty()) return tls.server_name;
  const auto* const to = std::get_if<HostPort>(&address);
  std::string host = to != nullptr ? to->host : std::string();
  if (host.ends_with('.')) host.pop_back();
  return host;
}

task::Task<Result<tls::Stream>> speak_tls(io::AnyStream carrier, Tls tls, Address address) {
  std::string name = name_for_tls(tls, address);
  if (name.empty()) co_return Error(Errc::InvalidArgument, "TLS needs the name of the server");
  co_return co_await tls::connect(std::move(carrier), std::move(tls.config), std::move(name));
}

/// What a proxy cannot be asked for on behalf of somebody who may not.
bool is_denied_through_proxy(const HostPort& target, const AddressPolicy& policy) {
  const auto name = canonical_name(target.host);
  const auto known = name ? known_addresses(*name) : std::nullopt;
  return known && std::ranges::none_of(*known, [&](const IpAddress& address) {
           return policy.allows(SocketAddress(address, target.port));
         });
}

task::Task<Result<Carrier, ConnectError>> connect_through(Proxy proxy, HostPort target, const ConnectorOptions& options,
                                                          Progress& progress) {
  if (!proxy.tunnel) {
    co_return Unexpected{
        progress.error(ConnectErrorKind::InvalidEndpoint, Errc::InvalidArgument, "a proxy without a tunnel")};
  }
  if (is_denied_through_proxy(target, options.policy)) {
    co_return Unexpected{progress.error(ConnectErrorKind::AddressDenied, Errc::PermissionDenied,
                                        "the address policy does not allow " + target.host)};
  }
  auto carrier = co_await connect_carrier(proxy.address, options, false, progress);
  if (!carrier) co_return carrier;
  progress.phase = ConnectPhase::Proxy;
  if (proxy.tls) {
    auto encrypted = co_await speak_tls(std::move(carrier->stream), *std::move(proxy.tls), proxy.address);
    if (!encrypted) co_return Unexpected{progress.error(ConnectErrorKind::Proxy, std::move(encrypted).error())};
    carrier->stream = *std::move(encrypted);
  }
  auto through = co_await proxy.tunnel(std::move(carrier->stream), std::move(target));
  if (!through) {
    ConnectError error = std::move(through).error();
    error.phase = ConnectPhase::Proxy;
    error.text = "connect " + progress.target + ": " + error.text;
    co_return Unexpected{std::move(error)};
  }
  carrier->stream = *std::move(through);
  co_return carrier;
}

task::Task<Result<Connected, ConnectError>> connect_in_steps(Options options, Endpoint endpoint, Progress& progress) {
  const auto* const target = std::get_if<HostPort>(&endpoint.address);
  if (endpoint.proxy && target == nullptr) {
    co_return Unexpected{progress.error(ConnectErrorKind::InvalidEndpoint, Errc::InvalidArgument,
                                        "a Unix socket is not reached through a proxy")};
  }
  if (endpoint.tls && name_for_tls(*endpoint.tls, endpoint.address).empty()) {
    co_return Unexpected{
        progress.error(ConnectErrorKind::InvalidEndpoint, Errc::InvalidArgument, "TLS needs the name of the server")};
  }
  if (endpoint.asked_about && is_denied_through_proxy(*endpoint.asked_about, options->policy)) {
    co_return Unexpected{progress.error(ConnectErrorKind::AddressDenied, Errc::PermissionDenied,
                                        "the address policy does not allow " + endpoint.asked_about->host)};
  }
  const bool obeys_policy = !endpoint.asked_about;
  auto carrier = endpoint.proxy ? co_await connect_through(*std::move(endpoint.proxy), *target, *options, progress)
                                : co_await connect_carrier(endpoint.address, *options, obeys_policy, progress);
  if (!carrier) co_return Unexpected{std::move(carrier).error()};
  Connected connected{.stream = std::move(carrier->stream), .remote = std::move(carrier->remote)};
  if (endpoint.tls) {
    progress.phase = ConnectPhase::Tls;
    auto encrypted = co_await speak_tls(std::move(connected.stream), *std::move(endpoint.tls), endpoint.address);
    if (!encrypted) co_return Unexpected{progress.error(ConnectErrorKind::Tls, std::move(encrypted).error())};
    connected.alpn = encrypted->alpn();
    connected.tls_version = encrypted->version();
    connected.resumed = encrypted->resumed();
    connected.peer_certificate = encrypted->peer_certificate();
    connected.stream = *std::move(encrypted);
  }
  co_return connected;
}

ConnectError out_of_time(Progress progress, Duration within) {
  for (SocketAddress& address : progress.under_way) {
    const std::string what = "connect " + address.to_string();
    progress.attempts.push_back({std::move(address), Error(Errc::TimedOut, what)});
  }
  std::string what = within > Duration::zero() ? "no answer within " + human(within) : "no time left";
  what += ", while " + std::string(to_string(progress.phase));
  for (const ConnectError::Attempt& each : progress.attempts) what += "; " + each.error.message();
  return progress.error(ConnectErrorKind::Timeout, Errc::TimedOut, what);
}

task::Task<Result<Connected, ConnectError>> connect_in_time(Options options, Endpoint endpoint) {
  const Instant began = Instant::now();
  const Instant deadline =
      std::min(began + options->timeout, task::Context::current().deadline().value_or(Instant::far_future()));
  Progress progress{.target = to_string(endpoint.address)};
  if (deadline <= began) co_return Unexpected{out_of_time(std::move(progress), Duration::zero())};
  auto connected =
      co_await time::timeout_at(deadline, connect_in_steps(std::move(options), std::move(endpoint), progress));
  if (!connected) co_return Unexpected{out_of_time(std::move(progress), deadline - began)};
  co_return *std::move(connected);
}

}  // namespace

Connector::Connector(ConnectorOptions options)
    : options_(std::make_shared<const ConnectorOptions>(std::move(options))) {}

task::Task<Result<Connected, ConnectError>> Connector::connect(Endpoint endpoint) const {
  return connect_in_time(options_, std::move(endpoint));
}

const Resolver& Connector::resolver() const noexcept {
  return options_->resolver;
}

}  // namespace rondeau::connect
