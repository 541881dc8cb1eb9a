// PeerCertificate: what a peer's certificate says of it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace rondeau::tls {

/// A certificate that was shown in a handshake; it was verified unless our side chose to accept any.
///
/// Names are as the certificate has them, so compare them whole: they may hold any byte.
struct PeerCertificate {
  std::string subject;  ///< "CN=billing,O=Example" (RFC 2253)
  std::string issuer;
  std::string serial;  ///< hexadecimal
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;  ///< "192.0.2.7", "2001:db8::7"
  std::vector<std::string> uris;          ///< "spiffe://example.org/billing"
  std::vector<std::string> email_addresses;
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
  std::string sha256;  ///< fingerprint of `der`, hexadecimal, lower case
  std::string der;     ///< all of it
};

}  // namespace rondeau::tls
