#include "tls/client_context.h"

#include <utility>

#include <openssl/err.h>

#include "tls/certificate_text.h"
#include "tls/context.h"
#include "tls/errors.h"
#include "tls/identities.h"

namespace rondeau::tls {

Result<ClientConfig> ClientConfig::make(ClientOptions options) {
  RONDEAU_TRY_PLAIN(auto context, ClientContext::make(options));
  return ClientConfig(std::move(context));
}

Result<std::shared_ptr<const ClientContext>> ClientContext::make(const ClientOptions& options) {
  auto made = std::make_shared<ClientContext>();
  RONDEAU_TRY_PLAIN(made->ssl_, make_context(TLS_client_method()));
  SSL_CTX* const context = made->ssl_.get();
  std::string seen;
  if (options.danger_accept_invalid_certificates) {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  } else {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (options.ca) {
      RONDEAU_TRY_VOID_PLAIN(believe(context, "issuer of servers", *options.ca, options.crl, seen));
    } else {
      if (SSL_CTX_set_default_verify_paths(context) != 1)
        return wrong_setting("TLS issuers of the system", take_reason());
      if (options.crl) RONDEAU_TRY_VOID_PLAIN(revoke(context, "revocation list", *options.crl, seen));
    }
  }
  if (options.identity) {
    RONDEAU_TRY_PLAIN(const LoadedIdentity identity, load_identity(*options.identity));
    ERR_clear_error();
    if (!use_identity(context, identity)) return wrong_setting("TLS certificate of the client", take_reason());
  }
  RONDEAU_TRY_PLAIN(const auto alpn, alpn_on_wire(options.alpn));
  const auto* protocols = reinterpret_cast<const unsigned char*>(alpn->data());
  if (!alpn->empty() && SSL_CTX_set_alpn_protos(context, protocols, static_cast<unsigned int>(alpn->size())) != 0) {
    return wrong_setting("TLS", take_reason());
  }
  made->resumes_ = options.resumption;
  if (made->resumes_) {
    SSL_CTX_set_app_data(context, static_cast<void*>(&made->sessions_));
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &keep_session);
  }
  ERR_clear_error();
  return std::shared_ptr<const ClientContext>(std::move(made));
}

/// A copy: OpenSSL spoils the session of a connection that ends without close_notify, and ours may.
int ClientContext::keep_session(SSL* ssl, SSL_SESSION* session) noexcept {
  const auto* const name = static_cast<const std::string*>(SSL_get_app_data(ssl));
  auto& sessions = *static_cast<SessionCache*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (SslSessionPtr copy(SSL_SESSION_dup(session)); copy != nullptr) sessions.put(*name, std::move(copy));
  return 0;  // nothing of OpenSSL's was kept
}

SslPtr ClientContext::make_ssl(const std::string& server_name) const {
  SslPtr made(SSL_new(ssl_.get()));
  if (made == nullptr) return made;
  SSL_set_connect_state(made.get());
  if (resumes_) {
    SSL_set_app_data(made.get(), const_cast<std::string*>(&server_name));
    if (const SslSessionPtr earlier = sessions_.take(server_name)) SSL_set_session(made.get(), earlier.get());
  }
  std::string host = server_name;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  host = lower_case_host(host);
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(made.get());
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // Addresses are not sent as names (RFC 6066 §3).
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return made;
  ERR_clear_error();
  const bool named = !host.empty() && host.find('\0') == std::string::npos &&
                     X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size()) == 1 &&
                     SSL_set_tlsext_host_name(made.get(), host.c_str()) == 1;
  return named ? std::move(made) : nullptr;
}

}  // namespace rondeau::tls
