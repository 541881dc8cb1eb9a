// Reading PEM, with errors that name the file and what is wrong in it.
#pragma once

#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/tls/identity.h>

#include "tls/handles.h"

namespace rondeau::tls {

/// A whole file; blocks. Errors: what the system reports, TooLarge above 8 MiB.
Result<std::string> read_file(const std::string& path);

/// "TLS key /etc/x/key.pem"; of text only what it is.
std::string name_of(const char* kind, const Pem& pem);

/// All certificates in it; at least one.
Result<std::vector<CertificatePtr>> read_certificates(const char* kind, const Pem& pem);
Result<std::vector<RevocationListPtr>> read_revocation_lists(const char* kind, const Pem& pem);
/// A private key that is not encrypted.
Result<KeyPtr> read_key(const Pem& pem);

}  // namespace rondeau::tls
