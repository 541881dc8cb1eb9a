#include <rondeau/extract/connection.h>

#include <optional>

#include <rondeau/http/forwarded.h>
#include <rondeau/http/personal.h>

namespace rondeau::extract {

bool reject_extension(Rejection& rejection) {
  // A layer said it provides the value and did not: our mistake, not the client's.
  return rejection.reject(http::StatusCode::InternalServerError, "a layer did not provide the value it promised");
}

}  // namespace rondeau::extract

namespace rondeau {

namespace {

bool no_peer(Rejection& rejection) {
  rejection.absent = true;
  return rejection.reject(http::StatusCode::InternalServerError, "the request came over no connection of that kind");
}

}  // namespace

bool Extract<ConnectInfo>::extract(extract::Context& context, ConnectInfo* slot, Rejection& rejection) {
  const base::SocketAddress* peer = context.request().peer();
  if (peer == nullptr) return no_peer(rejection);
  std::construct_at(slot, ConnectInfo{{*peer}});
  return true;
}

bool Extract<ClientIp>::extract(extract::Context& context, ClientIp* slot, Rejection& rejection) {
  const std::optional<base::IpAddress> address = http::client_ip(context.request());
  if (!address && context.request().headers().count(http::HeaderName::Forwarded) > 0) {
    // Without it nothing can differ, and the address is known or there is none.
    rejection.absent = true;
    return rejection.reject(http::StatusCode::BadRequest, "what the fields say of the client cannot be believed");
  }
  if (!address) return no_peer(rejection);
  std::construct_at(slot, ClientIp{{*address}});
  return true;
}

bool Extract<Scheme>::extract(extract::Context& context, Scheme* slot, Rejection&) {
  std::construct_at(slot, Scheme{{std::string(http::client_of(context.request()).scheme)}});
  return true;
}

bool Extract<Authority>::extract(extract::Context& context, Authority* slot, Rejection& rejection) {
  std::string authority = http::client_of(context.request()).authority;
  if (authority.empty()) return rejection.reject_missing("header", "host");
  std::construct_at(slot, Authority{{std::move(authority)}});
  return true;
}

bool Extract<PeerCertificate>::extract(extract::Context& context, PeerCertificate* slot, Rejection& rejection) {
  http::mark_personal(context.request());
  const auto& shown = context.request().block().peer_certificate;
  if (shown == nullptr) {
    rejection.absent = true;
    return rejection.reject(http::StatusCode::Forbidden, "this needs a certificate of the client");
  }
  std::construct_at(slot, PeerCertificate(shown));
  return true;
}

bool Extract<RequestId>::extract(extract::Context& context, RequestId* slot, Rejection&) {
  std::construct_at(slot, RequestId{{std::string(context.request().request_id())}});
  return true;
}

void Extract<PeerCertificate>::describe(schema::Operation& operation) {
  operation.secured_by({.kind = schema::SecurityScheme::Kind::MutualTls, .name = "certificate", .scopes = {}});
  operation.problem(http::StatusCode::Forbidden);
}

}  // namespace rondeau
