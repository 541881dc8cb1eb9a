// Certificates for tests, made when they are needed: an authority of its own, and what it issues.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/tls/identity.h>

namespace support {

enum class KeyKind { Ecdsa, Rsa, SmallRsa };

struct CertificateWish {
  std::string common_name = "test";
  std::vector<std::string> dns = {};
  std::vector<std::string> ip = {};
  std::vector<std::string> uri = {};
  std::chrono::hours not_before{-1};  ///< from now
  std::chrono::hours not_after{24};
  bool for_servers = true;
  bool for_clients = false;
  KeyKind key = KeyKind::Ecdsa;
};

/// PEM texts.
struct MadeCertificate {
  std::string certificate;
  std::string key;

  rondeau::tls::Identity identity() const {
    return {.certificates = rondeau::tls::Pem::text(certificate), .key = rondeau::tls::Pem::text(key)};
  }
};

/// Issues certificates. Throws std::runtime_error where OpenSSL refuses.
class Authority {
 public:
  explicit Authority(std::string_view name = "Test Authority");
  Authority(Authority&&) noexcept;
  ~Authority();

  /// Its own certificate.
  const std::string& pem() const;
  MadeCertificate issue(const CertificateWish& wish) const;
  /// Signed by its own key instead of ours.
  static MadeCertificate self_signed(const CertificateWish& wish);
  /// An authority between us and what it issues; its certificate is ours to sign.
  Authority intermediate(std::string_view name) const;
  /// A revocation list with these.
  std::string revoke(const std::vector<std::string>& certificates) const;
  /// A good OCSP response about a certificate of ours, as DER.
  std::string ocsp(const std::string& certificate, std::chrono::seconds valid_for) const;

 private:
  struct Inside;
  explicit Authority(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

/// A key in PEM that asks for a pass phrase.
std::string encrypted_key();

}  // namespace support
