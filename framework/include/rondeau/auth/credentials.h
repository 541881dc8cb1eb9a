// What a caller shows to say who it is, how it is read from a request, and what answers it when that is not enough.
//
// Credentials own their text: a check that has to wait may keep them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/crypto/secret.h>
#include <rondeau/extract/rejection.h>
#include <rondeau/http/request.h>
#include <rondeau/reflect/fixed_string.h>
#include <rondeau/schema/operation.h>

namespace rondeau::auth {

/// Who a request comes from, for layers: roles are asked for, idempotency keys belong to a subject.
struct Identity {
  std::string subject;  ///< unique among all that may come; not empty
  std::vector<std::string> roles = {};

  bool has_role(std::string_view role) const noexcept;
};

/// Of `Authorization: Bearer …` (RFC 6750).
struct BearerToken {
  std::string text;
};
/// Of `Authorization: Basic …` (RFC 7617), in UTF-8 and without control characters.
struct BasicCredentials {
  std::string user;
  Secret<std::string> password;
};
/// Of a field of one's own.
struct ApiKeyText {
  std::string text;
};

/// Why credentials were not taken. The text goes to the client.
class Denied {
 public:
  enum class Why : std::uint8_t {
    Invalid,            ///< 401: wrong, expired, revoked
    InsufficientScope,  ///< 403: whoever it is may not
    Unavailable,        ///< 503: it cannot be found out now
  };

  explicit Denied(std::string detail = {}) : detail_(std::move(detail)) {}
  /// InvalidData, NotFound and PermissionDenied are Invalid, with the error's context; any other error is Unavailable
  /// and its text is kept back.
  Denied(const Error& error);  // NOLINT(google-explicit-constructor): passes through RONDEAU_TRY
  /// `scope`: what would have been enough, as in RFC 6749 §3.3.
  static Denied insufficient_scope(std::string scope, std::string detail = {});

  Why why() const noexcept { return why_; }
  const std::string& detail() const noexcept { return detail_; }
  const std::string& scope() const noexcept { return scope_; }

 private:
  Why why_ = Why::Invalid;
  std::string detail_;
  std::string scope_;
};

/// Where credentials come from. read() and deny() fill the rejection and return false; what was not sent is `absent`,
/// what is malformed 400. Realms are texts without control characters; empty: none, or "restricted" for Basic.
struct BearerSource {
  using Credentials = BearerToken;
  static bool read(const http::Request& request, std::string_view realm, BearerToken& out, Rejection& rejection);
  static bool deny(const Denied& denied, std::string_view realm, Rejection& rejection);
  static void describe(schema::Operation& operation);
};
struct BasicSource {
  using Credentials = BasicCredentials;
  static bool read(const http::Request& request, std::string_view realm, BasicCredentials& out, Rejection& rejection);
  static bool deny(const Denied& denied, std::string_view realm, Rejection& rejection);
  static void describe(schema::Operation& operation);
};

bool read_api_key(const http::Request& request, std::string_view name, std::string_view realm, ApiKeyText& out,
                  Rejection& rejection);
bool deny_api_key(const Denied& denied, std::string_view name, std::string_view realm, Rejection& rejection);
void describe_api_key(std::string_view name, schema::Operation& operation);

template <reflect::FixedString Name>
struct ApiKeySource {
  using Credentials = ApiKeyText;
  static bool read(const http::Request& request, std::string_view realm, ApiKeyText& out, Rejection& rejection) {
    return read_api_key(request, Name, realm, out, rejection);
  }
  static bool deny(const Denied& denied, std::string_view realm, Rejection& rejection) {
    return deny_api_key(denied, Name, realm, rejection);
  }
  static void describe(schema::Operation& operation) { describe_api_key(Name, operation); }
};

}  // namespace rondeau::auth

namespace rondeau {
using auth::ApiKeyText;
using auth::BasicCredentials;
using auth::BearerToken;
using auth::Denied;
using auth::Identity;
}  // namespace rondeau
