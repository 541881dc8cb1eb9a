#include "tls/server_state.h"

#include <cstring>
#include <utility>

#include "tls/context.h"
#include "tls/errors.h"

namespace rondeau::tls {
namespace {

const ServerContext& context_of(SSL* ssl) {
  return *static_cast<const ServerContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

int choose_identity(SSL* ssl, void*) {
  const char* host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  SSL_certs_clear(ssl);
  try {
    for (const LoadedIdentity* identity : context_of(ssl).identities.find(host != nullptr ? host : "")) {
      if (!use_identity(ssl, *identity)) return 0;
    }
  } catch (...) {  // memory is out; no exception passes through C
    return 0;
  }
  return 1;
}

int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  const auto* ours = static_cast<const std::string*>(SSL_get_app_data(ssl));
  if (ours == nullptr || ours->empty()) return SSL_TLSEXT_ERR_NOACK;
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, size, reinterpret_cast<const unsigned char*>(ours->data()),
                                          static_cast<unsigned int>(ours->size()), offered, offered_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int staple(SSL* ssl, void*) {
  const LoadedIdentity* identity = context_of(ssl).identities.of(SSL_get_certificate(ssl));
  if (identity == nullptr || identity->staple.empty()) return SSL_TLSEXT_ERR_NOACK;
  if (std::chrono::system_clock::now() >= identity->staple_until) return SSL_TLSEXT_ERR_NOACK;
  // Becomes the connection's own.
  void* copy = OPENSSL_memdup(identity->staple.data(), identity->staple.size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(identity->staple.size()));
  return SSL_TLSEXT_ERR_OK;
}

int seal_or_open(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                 int seals) {
  TicketKeys& keys = *context_of(ssl).tickets;
  const std::span<unsigned char, 16> key_name(name, 16);
  if (seals != 0) return keys.seal(key_name, iv, cipher, mac);
  // In version 1.3 a ticket should serve once, lest connections of a client can be told to be its (RFC 8446 C.4).
  return keys.open(key_name, iv, cipher, mac, SSL_version(ssl) >= TLS1_3_VERSION);
}

}  // namespace

SslPtr ServerContext::make_ssl(const std::string* alpn) const {
  SslPtr made(SSL_new(ssl.get()));
  if (made == nullptr) return made;
  SSL_set_accept_state(made.get());
  SSL_set_app_data(made.get(), const_cast<std::string*>(alpn));
  return made;
}

Result<void> ServerState::ask_clients(SSL_CTX* context) const {
  // Tickets are good only where the same clients are believed: a session that is resumed shows no certificate.
  std::string seen(1, static_cast<char>(options_.client_auth));
  if (options_.client_auth != ClientAuth::Off) {
    if (!options_.client_ca)
      return wrong_setting("TLS", "certificates of clients are asked for, but no issuer is named");
    RONDEAU_TRY_VOID_PLAIN(believe(context, "issuer of clients", *options_.client_ca, options_.client_crl, seen));
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    // Clients are told whom we believe, so that they can choose.
    STACK_OF(X509_OBJECT)* const objects = X509_STORE_get0_objects(store);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
      X509* certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
      if (certificate != nullptr) SSL_CTX_add_client_CA(context, certificate);
    }
    const int must = options_.client_auth == ClientAuth::Required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | must, nullptr);
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(seen.data(), seen.size(), digest, &size, EVP_sha256(), nullptr) != 1 ||
      SSL_CTX_set_session_id_context(context, digest, size) != 1) {
    return wrong_setting("TLS", take_reason());
  }
  return {};
}

Result<void> ServerState::load() {
  auto made = std::make_shared<ServerContext>();
  RONDEAU_TRY_PLAIN(made->ssl, make_context(TLS_server_method()));
  SSL_CTX* const context = made->ssl.get();
  RONDEAU_TRY_PLAIN(made->identities, Identities::load(options_.identities, context));
  made->tickets = tickets_;
  RONDEAU_TRY_VOID_PLAIN(ask_clients(context));
  SSL_CTX_set_app_data(context, static_cast<void*>(made.get()));
  SSL_CTX_set_cert_cb(context, &choose_identity, nullptr);
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
  SSL_CTX_set_tlsext_status_cb(context, &staple);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &seal_or_open);
  const std::lock_guard lock(mutex_);
  current_ = std::move(made);
  return {};
}

std::shared_ptr<const ServerContext> ServerState::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

}  // namespace rondeau::tls
