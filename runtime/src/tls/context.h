// What both sides of TLS have in common: versions, suites, whom to believe, names of protocols.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/tls/identity.h>

#include "tls/handles.h"

namespace rondeau::tls {

/// Errors: InvalidArgument where OpenSSL cannot do what we ask, which is a matter of how it was built or configured.
Result<SslContextPtr> make_context(const SSL_METHOD* method);

/// Who may issue certificates, and which were revoked. A digest of all that is appended to `seen`.
Result<void> believe(SSL_CTX* context, const char* kind, const Pem& ca, const std::optional<Pem>& crl,
                     std::string& seen);
Result<void> revoke(SSL_CTX* context, const char* kind, const Pem& crl, std::string& seen);

/// Names of protocols as they stand on the wire: each behind a byte with its length. Errors: InvalidArgument.
Result<std::shared_ptr<const std::string>> alpn_on_wire(const std::vector<std::string>& protocols);

}  // namespace rondeau::tls
