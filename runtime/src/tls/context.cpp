#include "tls/context.h"

#include <openssl/err.h>

#include "tls/errors.h"
#include "tls/pem_reader.h"

namespace rondeau::tls {
namespace {

/// Forward secrecy and AEAD. What version 1.3 has is so anyway.
constexpr char kSuitesOf12[] =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";
constexpr char kSuitesOf13[] = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
constexpr char kGroups[] = "X25519:P-256:P-384";
/// 112 bits: RSA of 2,048, no SHA-1.
constexpr int kSecurityLevel = 2;

template <auto Digest, class T>
void append_digest(const T* object, std::string& seen) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (Digest(object, EVP_sha256(), digest, &size) == 1) seen.append(reinterpret_cast<const char*>(digest), size);
}

}  // namespace

Result<SslContextPtr> make_context(const SSL_METHOD* method) {
  ERR_clear_error();
  SslContextPtr made(SSL_CTX_new(method));
  if (made == nullptr) return wrong_setting("TLS", take_reason());
  SSL_CTX* const context = made.get();
  // A security level of the system's configuration that is higher than ours stays.
  if (SSL_CTX_get_security_level(context) < kSecurityLevel) SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_clear_options(context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection has no buffers; a read gives way after each record, so that others get their turn.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  // One call of the system for a record instead of one for its header and one for the rest.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_early_data(context, 0);
  const bool agreed = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                      SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
                      SSL_CTX_set_cipher_list(context, kSuitesOf12) == 1 &&
                      SSL_CTX_set_ciphersuites(context, kSuitesOf13) == 1 &&
                      SSL_CTX_set1_groups_list(context, kGroups) == 1;
  if (!agreed) return wrong_setting("TLS", take_reason());
  return made;
}

Result<void> revoke(SSL_CTX* context, const char* kind, const Pem& crl, std::string& seen) {
  RONDEAU_TRY_PLAIN(const auto lists, read_revocation_lists(kind, crl));
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const RevocationListPtr& list : lists) {
    if (X509_STORE_add_crl(store, list.get()) != 1) return wrong_setting(name_of(kind, crl), take_reason());
    append_digest<X509_CRL_digest>(list.get(), seen);
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return {};
}

Result<void> believe(SSL_CTX* context, const char* kind, const Pem& ca, const std::optional<Pem>& crl,
                     std::string& seen) {
  RONDEAU_TRY_PLAIN(const auto certificates, read_certificates(kind, ca));
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const CertificatePtr& certificate : certificates) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) return wrong_setting(name_of(kind, ca), take_reason());
    append_digest<X509_digest>(certificate.get(), seen);
  }
  return crl ? revoke(context, kind, *crl, seen) : Result<void>();
}

Result<std::shared_ptr<const std::string>> alpn_on_wire(const std::vector<std::string>& protocols) {
  auto wire = std::make_shared<std::string>();
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > 255) {
      return wrong_setting("TLS protocol \"" + protocol + '"', "its name has to have 1 to 255 bytes");
    }
    wire->push_back(static_cast<char>(protocol.size()));
    wire->append(protocol);
  }
  return std::shared_ptr<const std::string>(std::move(wire));
}

}  // namespace rondeau::tls
