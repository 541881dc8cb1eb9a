// What stands around a request: values of layers, its id, the other end, whether the server drains.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <rondeau/base/ip_address.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/extract/extractor.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/tls/peer_certificate.h>

namespace rondeau::extract {

/// The address of T's key: tells types apart where only pointers go.
template <class T>
inline constexpr char kTypeKey = 0;
template <class T>
constexpr const void* type_key() noexcept {
  return &kTypeKey<T>;
}

/// A value that a layer attached to the request by `request.extensions().insert(T{…})`.
///
/// A route that takes one is refused by build() unless a layer around it says that it provides T (see provides<T>()).
template <class T>
struct Extension : Extracted<T> {};

/// The id of the request, as logs and answers carry it; may be empty.
struct RequestId : Extracted<std::string> {};

/// The other end of the connection, be it the client or a proxy. Absent in a request that came over no socket.
struct ConnectInfo : Extracted<base::SocketAddress> {};

/// The client's address, through the proxies that are trusted; see http::client_of(). Absent where it is not known.
struct ClientIp : Extracted<base::IpAddress> {};

/// "http" or "https", as the client used it; see http::client_of().
struct Scheme : Extracted<std::string> {};

/// Host and port that the client asked for; see http::client_of(). Absent where it named none.
struct Authority : Extracted<std::string> {};

/// The certificate that the client has shown and that was verified, used like a pointer: `client->subject`.
///
/// Absent, a 403, where it showed none. See tls::ServerOptions::client_auth.
class PeerCertificate {
 public:
  explicit PeerCertificate(std::shared_ptr<const tls::PeerCertificate> shown) noexcept : shown_(std::move(shown)) {}
  const tls::PeerCertificate& operator*() const noexcept { return *shown_; }
  const tls::PeerCertificate* operator->() const noexcept { return shown_.get(); }

 private:
  std::shared_ptr<const tls::PeerCertificate> shown_;
};

bool reject_extension(Rejection& rejection);

}  // namespace rondeau::extract

namespace rondeau {

using extract::Authority;
using extract::ClientIp;
using extract::ConnectInfo;
using extract::Extension;
using extract::PeerCertificate;
using extract::RequestId;
using extract::Scheme;

template <class T>
struct Extract<Extension<T>> {
  static constexpr const void* extension = extract::type_key<T>();
  static constexpr std::string_view extension_name = reflect::name_in_signature(reflect::signature<T>());
  static bool extract(extract::Context& context, Extension<T>* slot, Rejection& rejection) {
    T* found = context.request().extensions().template get<T>();
    if (found == nullptr) return extract::reject_extension(rejection);
    std::construct_at(slot, Extension<T>{{*found}});
    return true;
  }
};

template <>
struct Extract<ConnectInfo> {
  static bool extract(extract::Context& context, ConnectInfo* slot, Rejection& rejection);
};
template <>
struct Extract<ClientIp> {
  static bool extract(extract::Context& context, ClientIp* slot, Rejection& rejection);
};
template <>
struct Extract<Scheme> {
  static bool extract(extract::Context& context, Scheme* slot, Rejection& rejection);
};
template <>
struct Extract<Authority> {
  static bool extract(extract::Context& context, Authority* slot, Rejection& rejection);
};
template <>
struct Extract<PeerCertificate> {
  static bool extract(extract::Context& context, PeerCertificate* slot, Rejection& rejection);
  static void describe(schema::Operation& operation);
};
template <>
struct Extract<RequestId> {
  static bool extract(extract::Context& context, RequestId* slot, Rejection& rejection);
};
/// Cancelled when the server begins to drain; see Request::drain_token(). It is not needed to learn that the peer left:
/// then the handler is ended.
template <>
struct Extract<sync::CancellationToken> {
  static bool extract(extract::Context& context, sync::CancellationToken* slot, Rejection&) {
    std::construct_at(slot, context.request().drain_token());
    return true;
  }
  static void describe(schema::Operation& operation) { operation.keeps_time = true; }
};

}  // namespace rondeau
