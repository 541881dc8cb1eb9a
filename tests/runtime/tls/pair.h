// Two ends of TLS over streams in memory, and the settings most tests want.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/io/duplex.h>
#include <rondeau/task/join.h>
#include <rondeau/tls/stream.h>

#include "support/certificates.h"

namespace support {

using namespace rondeau;

/// One authority for all tests of a program.
inline const Authority& authority() {
  static const Authority made;
  return made;
}

inline MadeCertificate issued(const std::string& host) {
  return authority().issue({.common_name = host, .dns = {host}});
}

inline tls::ServerConfig server_config(tls::ServerOptions options = {}) {
  static const MadeCertificate usual = issued("server.test");
  if (options.identities.empty()) options.identities.push_back(usual.identity());
  return tls::ServerConfig::make(std::move(options)).value();
}

inline tls::ClientConfig client_config(tls::ClientOptions options = {}) {
  if (!options.ca) options.ca = tls::Pem::text(authority().pem());
  return tls::ClientConfig::make(std::move(options)).value();
}

/// What became of both sides.
struct Shaken {
  Result<tls::Stream> server;
  Result<tls::Stream> client;
};

inline Task<Shaken> shake(tls::ServerConfig server, tls::ClientConfig client, std::string name = "server.test",
                          io::DuplexOptions options = {}) {
  auto [near, far] = io::duplex(options);
  auto [accepted, connected] = co_await join(tls::accept(std::move(near), std::move(server)),
                                             tls::connect(std::move(far), std::move(client), std::move(name)));
  co_return Shaken{std::move(accepted), std::move(connected)};
}

inline std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// Reads so many bytes, or to the end.
inline Task<Result<std::string>> read_text(io::Reader& reader, std::size_t most = std::size_t(-1)) {
  std::string text;
  std::string room(16 * 1024, '\0');
  while (text.size() < most) {
    const std::size_t wanted = std::min(room.size(), most - text.size());
    RONDEAU_TRY(const std::size_t count,
                co_await reader.read_some(std::as_writable_bytes(std::span(room).first(wanted))));
    if (count == 0) break;
    text.append(room, 0, count);
  }
  co_return text;
}

inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 >> 3);
  return text;
}

}  // namespace support
