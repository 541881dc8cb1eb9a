#include <rondeau/auth/credentials.h>

#include <algorithm>

#include <rondeau/http/header_name.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>
#include <rondeau/text/utf8.h>

namespace rondeau::auth {
namespace {

using http::HeaderName;
using http::StatusCode;

bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// A quoted string (RFC 9110 §5.6.4) of printable ASCII; other characters become '?'.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += is_control(c) || static_cast<unsigned char>(c) >= 0x80 ? '?' : c;
  }
  return out += '"';
}

/// `scheme` and its parameters (RFC 9110 §11.6.1).
class Challenge {
 public:
  explicit Challenge(std::string_view scheme) : text_(scheme) {}
  Challenge& add(std::string_view name, std::string_view value) {
    text_.append(first_ ? " " : ", ").append(name).append("=").append(quoted(value));
    first_ = false;
    return *this;
  }
  Challenge& add_if(std::string_view name, std::string_view value) { return value.empty() ? *this : add(name, value); }
  bool reject(StatusCode status, std::string_view detail, Rejection& rejection) const {
    rejection.headers.emplace_back(HeaderName::WwwAuthenticate, text_);
    return rejection.reject(status, detail);
  }

 private:
  std::string text_;
  bool first_ = true;
};

Challenge bearer(std::string_view realm) {
  Challenge challenge("Bearer");
  return challenge.add_if("realm", realm);
}
Challenge basic(std::string_view realm) {
  Challenge challenge("Basic");
  return challenge.add("realm", realm.empty() ? "restricted" : realm).add("charset", "UTF-8");
}
Challenge api_key(std::string_view name, std::string_view realm) {
  Challenge challenge("ApiKey");
  return challenge.add_if("realm", realm).add("header", name);
}

enum class Sent { Nothing, Several, There };

/// What stands behind the scheme in the only Authorization field.
Sent authorization(const http::Request& request, std::string_view scheme, std::string_view& credentials) {
  const std::size_t count = request.headers().count(HeaderName::Authorization);
  if (count > 1) return Sent::Several;
  if (count == 0) return Sent::Nothing;
  const std::string_view field = *request.header(HeaderName::Authorization);
  const std::size_t space = std::min(field.find(' '), field.size());
  if (!text::equals_ignoring_case(field.substr(0, space), scheme)) return Sent::Nothing;
  credentials = field.substr(std::min(space + 1, field.size()));
  return Sent::There;
}

bool absent(const Challenge& challenge, std::string_view detail, Rejection& rejection) {
  rejection.absent = true;
  return challenge.reject(StatusCode::Unauthorized, detail, rejection);
}

bool repeated(Rejection& rejection) {
  return rejection.reject_field(StatusCode::BadRequest, "header", "authorization", "repeated",
                                "is given more than once");
}

/// b64token (RFC 6750 §2.1).
bool is_token68(std::string_view text) noexcept {
  const std::size_t end = text.find_last_not_of('=') + 1;
  return end > 0 && std::ranges::all_of(text.substr(0, end), [](char c) {
           return text::is_alpha(c) || text::is_digit(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
         });
}

/// Where credentials are not even looked at, or may not do it. False: they are wrong.
bool deny_otherwise(const Denied& denied, Rejection& rejection) {
  if (denied.why() == Denied::Why::Invalid) return false;
  rejection.reject(denied.why() == Denied::Why::Unavailable ? StatusCode::ServiceUnavailable : StatusCode::Forbidden,
                   denied.detail());
  return true;
}

std::string_view detail_of(const Denied& denied, std::string_view otherwise) {
  return denied.detail().empty() ? otherwise : std::string_view(denied.detail());
}

}  // namespace

bool Identity::has_role(std::string_view role) const noexcept {
  return std::ranges::find(roles, role) != roles.end();
}

Denied::Denied(const Error& error) {
  switch (error.code()) {
    case Errc::InvalidData:
    case Errc::NotFound:
    case Errc::PermissionDenied:
      detail_ = error.context();
      break;
    default:
      why_ = Why::Unavailable;
  }
}

Denied Denied::insufficient_scope(std::string scope, std::string detail) {
  Denied denied(std::move(detail));
  denied.why_ = Why::InsufficientScope;
  denied.scope_ = std::move(scope);
  return denied;
}

bool BearerSource::read(const http::Request& request, std::string_view realm, BearerToken& out, Rejection& rejection) {
  std::string_view token;
  switch (authorization(request, "bearer", token)) {
    case Sent::Nothing:
      // RFC 6750 §3.1: no error code where no credentials were sent.
      return absent(bearer(realm), "a bearer token is needed", rejection);
    case Sent::Several:
      return repeated(rejection);
    case Sent::There:
      break;
  }
  if (!is_token68(token)) {
    return bearer(realm)
        .add("error", "invalid_request")
        .reject(StatusCode::BadRequest, "the bearer token is malformed", rejection);
  }
  out.text = token;
  return true;
}

bool BearerSource::deny(const Denied& denied, std::string_view realm, Rejection& rejection) {
  if (denied.why() == Denied::Why::InsufficientScope) {
    return bearer(realm)
        .add("error", "insufficient_scope")
        .add_if("scope", denied.scope())
        .reject(StatusCode::Forbidden, detail_of(denied, "the token does not allow this"), rejection);
  }
  if (deny_otherwise(denied, rejection)) return false;
  return bearer(realm)
      .add("error", "invalid_token")
      .add_if("error_description", denied.detail())
      .reject(StatusCode::Unauthorized, detail_of(denied, "the token is not valid"), rejection);
}

void BearerSource::describe(schema::Operation& operation) {
  operation.secured_by({.kind = schema::SecurityScheme::Kind::Bearer, .name = "bearer", .scopes = {}});
  operation.problem(StatusCode::Unauthorized).header("WWW-Authenticate");
}

bool BasicSource::read(const http::Request& request, std::string_view realm, BasicCredentials& out,
                       Rejection& rejection) {
  std::string_view encoded;
  switch (authorization(request, "basic", encoded)) {
    case Sent::Nothing:
      return absent(basic(realm), "a user and a password are needed", rejection);
    case Sent::Several:
      return repeated(rejection);
    case Sent::There:
      break;
  }
  Result<std::string> decoded = text::base64_decode(encoded);
  const Secret<std::string> pair(decoded ? *std::move(decoded) : std::string());
  const std::size_t colon = pair.reveal().find(':');
  if (colon == std::string_view::npos || !text::is_utf8(pair.reveal()) ||
      std::ranges::any_of(pair.reveal(), is_control)) {
    return basic(realm).reject(StatusCode::BadRequest, "the basic credentials are malformed", rejection);
  }
  out.user = pair.reveal().substr(0, colon);
  out.password = Secret(std::string(pair.reveal().substr(colon + 1)));
  return true;
}

bool BasicSource::deny(const Denied& denied, std::string_view realm, Rejection& rejection) {
  if (deny_otherwise(denied, rejection)) return false;
  return basic(realm).reject(StatusCode::Unauthorized, detail_of(denied, "the user or the password is wrong"),
                             rejection);
}

void BasicSource::describe(schema::Operation& operation) {
  operation.secured_by({.kind = schema::SecurityScheme::Kind::Basic, .name = "basic", .scopes = {}});
  operation.problem(StatusCode::Unauthorized).header("WWW-Authenticate");
}

bool read_api_key(const http::Request& request, std::string_view name, std::string_view realm, ApiKeyText& out,
                  Rejection& rejection) {
  const std::size_t count = request.headers().count(name);
  if (count == 0) return absent(api_key(name, realm), "an API key is needed", rejection);
  if (count > 1) {
    return rejection.reject_field(StatusCode::BadRequest, "header", name, "repeated", "is given more than once");
  }
  out.text = *request.header(name);
  return true;
}

bool deny_api_key(const Denied& denied, std::string_view name, std::string_view realm, Rejection& rejection) {
  if (deny_otherwise(denied, rejection)) return false;
  return api_key(name, realm).reject(StatusCode::Unauthorized, detail_of(denied, "the API key is not valid"), rejection);
}

void describe_api_key(std::string_view name, schema::Operation& operation) {
  operation.secured_by({.kind = schema::SecurityScheme::Kind::ApiKeyHeader,
                        .name = "apiKey-" + std::string(name),
                        .parameter = std::string(name),
                        .scopes = {}});
  operation.problem(StatusCode::Unauthorized).header("WWW-Authenticate");
}

}  // namespace rondeau::auth
