// ClientContext: behind a ClientConfig.
#pragma once

#include <string>

#include <rondeau/base/result.h>
#include <rondeau/tls/client_config.h>

#include "tls/handles.h"
#include "tls/session_cache.h"

namespace rondeau::tls {

class ClientContext {
 public:
  static Result<std::shared_ptr<const ClientContext>> make(const ClientOptions& options);
  /// For one connection to a server of that name. Null: out of memory, or it is no name a certificate can have.
  /// Lifetime: the name and this outlive it.
  SslPtr make_ssl(const std::string& server_name) const;

 private:
  static int keep_session(SSL* ssl, SSL_SESSION* session) noexcept;

  SslContextPtr ssl_;
  mutable SessionCache sessions_;
  bool resumes_ = true;
};

}  // namespace rondeau::tls
