// Identities: the certificates of a server, found by the name a client asks for.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/tls/identity.h>

#include "tls/handles.h"

namespace rondeau::tls {

struct LoadedIdentity {
  CertificatePtr certificate;
  CertificatesPtr chain;  ///< without it
  KeyPtr key;
  std::string staple;  ///< an OCSP response, or empty
  std::chrono::system_clock::time_point staple_until;
  std::vector<std::string> names;  ///< DNS names, lower case
  std::chrono::system_clock::time_point not_after;
};

/// Errors: what is wrong, with the file.
Result<LoadedIdentity> load_identity(const Identity& from);
/// Gives the handshake of `ssl` or, with the other one, all handshakes the certificate.
bool use_identity(SSL* ssl, const LoadedIdentity& identity);
bool use_identity(SSL_CTX* context, const LoadedIdentity& identity);

class Identities {
 public:
  /// Shows each to `context`, so that what OpenSSL does not like about one is told now: a key too small, say.
  static Result<Identities> load(const std::vector<Identity>& from, SSL_CTX* context);

  using Found = std::vector<const LoadedIdentity*>;
  /// Those for a host name, in the order they were given; never empty.
  const Found& find(std::string_view host) const;
  const LoadedIdentity* of(const X509* certificate) const noexcept;
  std::chrono::system_clock::time_point expires_at() const noexcept;

 private:
  std::vector<std::unique_ptr<const LoadedIdentity>> all_;
  std::unordered_map<std::string, Found> exact_;
  std::unordered_map<std::string, Found> wildcards_;  // "example.org" for "*.example.org"
  Found otherwise_;
};

/// Whether a certificate is for a host: a name, an IPv4 address, or an IPv6 address in brackets or without.
bool is_for_host(X509* certificate, std::string_view host);

}  // namespace rondeau::tls
