// Pem, Identity: who we are in a handshake, and whom we believe; as files that are read anew, or as text.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace rondeau::tls {

/// Certificates, a key or a revocation list in the PEM format: a file's name, or the text itself.
class Pem {
 public:
  /// Read when a configuration is made, and again when it is reloaded.
  static Pem file(std::string path) { return Pem(std::move(path), true); }
  static Pem text(std::string text) { return Pem(std::move(text), false); }

  bool is_file() const noexcept { return is_file_; }
  /// The path of a file; else the text, which may be a secret.
  const std::string& value() const noexcept { return value_; }

 private:
  Pem(std::string value, bool is_file) : value_(std::move(value)), is_file_(is_file) {}

  std::string value_;
  bool is_file_;
};

/// A certificate and what proves that it is ours.
struct Identity {
  Pem certificates;  ///< our own first, then those that lead up to an issuer the peers know
  Pem key;           ///< not encrypted
  /// File of an OCSP response (DER) about our certificate, which is stapled while it is valid.
  std::optional<std::string> ocsp_file = std::nullopt;
};

}  // namespace rondeau::tls
