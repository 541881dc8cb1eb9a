#include "service/listening.h"

#include <utility>

#include <rondeau/base/socket_address.h>
#include <rondeau/http/limits.h>
#include <rondeau/net/tcp_listener.h>

namespace rondeau::service {
namespace {

std::optional<http::TrustedProxies> networks(const std::vector<std::string>& list, const char* key,
                                             std::vector<std::string>& mistakes) {
  auto parsed = http::TrustedProxies::parse(list);
  if (!parsed) {
    mistakes.push_back(std::string(key) + ": " + std::string(parsed.error().context()));
    return std::nullopt;
  }
  return *std::move(parsed);
}

std::optional<tls::ServerConfig> certificates(const TlsSettings& settings, std::vector<std::string>& mistakes) {
  if (settings.certificate.empty() != settings.key.empty()) {
    mistakes.push_back("server.tls: certificate and key belong together");
    return std::nullopt;
  }
  if (settings.certificate.empty()) {
    if (!settings.client_ca.empty()) mistakes.push_back("server.tls.client_ca: needs a certificate and a key of ours");
    return std::nullopt;
  }
  tls::ServerOptions options;
  options.identities.push_back(
      {.certificates = tls::Pem::file(settings.certificate), .key = tls::Pem::file(settings.key)});
  if (!settings.client_ca.empty()) {
    options.client_auth = tls::ClientAuth::Required;
    options.client_ca = tls::Pem::file(settings.client_ca);
  }
  auto made = tls::ServerConfig::make(std::move(options));
  if (!made) {
    mistakes.push_back("server.tls: " + made.error().message());
    return std::nullopt;
  }
  return *std::move(made);
}

server::Listener dressed(server::Listener listener, const ListenTerms& terms) {
  if (terms.proxies) listener = std::move(listener).with_proxy_protocol(*terms.proxies);
  if (terms.tls) listener = std::move(listener).with_tls(*terms.tls);
  return listener;
}

}  // namespace

ListenTerms judge_listening(const ServerSettings& settings, std::vector<std::string>& mistakes) {
  const auto address = base::SocketAddress::parse(settings.listen);
  if (!address || !address->is_ip()) {
    mistakes.push_back("server.listen: must be an address such as 127.0.0.1:8080, not \"" + settings.listen + "\"");
  }
  ListenTerms terms;
  static_cast<void>(networks(settings.trusted_proxies, "server.trusted_proxies", mistakes));
  if (!settings.proxy_protocol_from.empty()) {
    terms.proxies = networks(settings.proxy_protocol_from, "server.proxy_protocol_from", mistakes);
  }
  terms.tls = certificates(settings.tls, mistakes);
  return terms;
}

Result<std::vector<server::Listener>> listen(const ServerSettings& settings, const ListenTerms& terms,
                                             std::vector<server::InheritedSocket> inherited) {
  std::vector<server::Listener> listeners;
  for (server::InheritedSocket& socket : inherited) {
    auto listener = server::Listener::from_fd(std::move(socket.fd));
    if (!listener) return listener.error().with("inherited socket \"" + socket.name + "\"");
    listeners.push_back(dressed(*std::move(listener), terms));
  }
  if (!listeners.empty()) return listeners;
  const net::ListenOptions options{.backlog = http::Limits().backlog, .reuse_port = settings.reuse_port};
  auto listener = net::TcpListener::bind(settings.listen, options);
  if (!listener) return listener.error().with("server.listen");
  listeners.push_back(dressed(*std::move(listener), terms));
  return listeners;
}

}  // namespace rondeau::service
