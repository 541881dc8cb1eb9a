#include "service/listening.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include <rondeau/http/limits.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/text/ascii.h>

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

/// "127.0.0.1:8080, unix:/run/x.sock".
std::vector<base::SocketAddress> addresses(const std::string& list, std::vector<std::string>& mistakes) {
  std::vector<base::SocketAddress> all;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view text = text::trim(std::string_view(list).substr(begin, end - begin));
    auto address = base::SocketAddress::parse(text);
    if (!address || (address->is_unix() && address->path().empty())) {
      mistakes.push_back("server.listen: must be addresses such as 127.0.0.1:8080 or unix:/run/x.sock, not \"" +
                         std::string(text) + "\"");
    } else if (std::ranges::find(all, *address) != all.end() && (address->is_unix() || address->port() != 0)) {
      mistakes.push_back("server.listen: \"" + std::string(text) + "\" stands there twice");
    } else {
      all.push_back(*std::move(address));
    }
    begin = end + 1;
  }
  return all;
}

/// "0660", as chmod(1) takes it; a file nobody may write to is one nobody may connect to.
std::optional<mode_t> mode_of(const std::optional<std::string>& text, std::vector<std::string>& mistakes) {
  if (!text) return std::nullopt;
  mode_t mode = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), mode, 8);
  if (error == std::errc() && end == text->data() + text->size() && mode <= 0777 && (mode & 0222) != 0) return mode;
  mistakes.push_back("server.socket_mode: must be permissions such as \"0660\", not \"" + *text + "\"");
  return std::nullopt;
}

server::Listener dressed(server::Listener listener, const ListenTerms& terms) {
  if (terms.proxies) listener = std::move(listener).with_proxy_protocol(*terms.proxies);
  if (terms.tls) listener = std::move(listener).with_tls(*terms.tls);
  return listener;
}

Result<base::UniqueFd> duplicate(int fd) {
  base::UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return Error::from_os(errno, "dup");
  return copy;
}

Result<void> take_over(server::InheritedSocket socket, const ListenTerms& terms, Listening& out) {
  RONDEAU_TRY_PLAIN(base::UniqueFd second, duplicate(socket.fd.get()));
  RONDEAU_TRY_PLAIN(server::Listener listener, server::Listener::from_fd(std::move(socket.fd)));
  if (socket.name == kHandedOver) {
    const auto address = listener.local_addr();
    const bool has_file = address && address->is_unix() && !address->path().starts_with('\0');
    if (auto file = has_file ? SocketFile::at(std::string(address->path())) : std::nullopt) {
      out.files.push_back(*std::move(file));
    }
  }
  out.listeners.push_back(dressed(std::move(listener), terms));
  out.sockets.push_back({std::move(socket.name), std::move(second)});
  return {};
}

template <class L>
Result<void> add(L listener, const ListenTerms& terms, Listening& out) {
  RONDEAU_TRY_PLAIN(base::UniqueFd second, duplicate(listener.fd()));
  out.listeners.push_back(dressed(server::Listener(std::move(listener)), terms));
  out.sockets.push_back({std::string(kHandedOver), std::move(second)});
  return {};
}

Task<Result<void>> open(const base::SocketAddress& address, bool reuse_port, const ListenTerms& terms, Listening& out) {
  const int backlog = http::Limits().backlog;
  if (address.is_unix()) {
    RONDEAU_TRY(ListeningFile opened, co_await listen_on(address, backlog, terms.socket_mode));
    if (opened.file) out.files.push_back(*std::move(opened.file));
    co_return add(std::move(opened.listener), terms, out);
  }
  const net::ListenOptions options{.backlog = backlog, .reuse_port = reuse_port};
  RONDEAU_TRY(net::TcpListener listener, net::TcpListener::bind(address, options));
  co_return add(std::move(listener), terms, out);
}

}  // namespace

ListenTerms judge_listening(const ServerSettings& settings, std::vector<std::string>& mistakes) {
  ListenTerms terms;
  terms.addresses = addresses(settings.listen, mistakes);
  terms.socket_mode = mode_of(settings.socket_mode, mistakes);
  static_cast<void>(networks(settings.trusted_proxies, "server.trusted_proxies", mistakes));
  if (!settings.proxy_protocol_from.empty()) {
    terms.proxies = networks(settings.proxy_protocol_from, "server.proxy_protocol_from", mistakes);
  }
  terms.tls = certificates(settings.tls, mistakes);
  return terms;
}

Result<std::vector<server::InheritedSocket>> duplicates_of(const std::vector<server::InheritedSocket>& sockets) {
  std::vector<server::InheritedSocket> seconds;
  for (const server::InheritedSocket& socket : sockets) {
    RONDEAU_TRY_PLAIN(base::UniqueFd second, duplicate(socket.fd.get()));
    seconds.push_back({socket.name, std::move(second)});
  }
  return seconds;
}

std::optional<std::string> with_port(const std::string& listen, std::string_view port) {
  for (std::size_t begin = 0; begin <= listen.size();) {
    const std::size_t end = std::min(listen.find(',', begin), listen.size());
    const std::string_view text(listen.data() + begin, end - begin);
    const auto address = base::SocketAddress::parse(text::trim(text));
    if (address && address->is_ip()) {
      return listen.substr(0, begin + text.rfind(':') + 1) + std::string(port) + listen.substr(end);
    }
    begin = end + 1;
  }
  return std::nullopt;
}

Task<Result<Listening>> listen(ListenTerms terms, bool reuse_port, std::vector<server::InheritedSocket> inherited) {
  Listening listening;
  for (server::InheritedSocket& socket : inherited) {
    const std::string name = socket.name;
    const auto taken = take_over(std::move(socket), terms, listening);
    if (taken) continue;
    // Whoever hands them over goes on listening.
    for (SocketFile& file : listening.files) file.leave();
    co_return taken.error().with("inherited socket \"" + name + "\"");
  }
  if (!listening.listeners.empty()) co_return listening;
  for (const base::SocketAddress& address : terms.addresses) {
    const auto opened = co_await open(address, reuse_port, terms, listening);
    if (!opened) co_return opened.error().with("server.listen");
  }
  co_return listening;
}

}  // namespace rondeau::service
