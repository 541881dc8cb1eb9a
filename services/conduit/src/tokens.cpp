#include "tokens.h"

#include <charconv>
#include <memory>
#include <utility>

#include <rondeau/crypto/signature.h>
#include <rondeau/http/personal.h>
#include <rondeau/text/ascii.h>

namespace conduit {

using namespace rondeau;

namespace {

struct Claims {
  std::string sub;
};

bool reject(Rejection& rejection, std::string_view why) {
  rejection.headers.emplace_back(http::HeaderName::WwwAuthenticate, "Token");
  return rejection.reject(StatusCode::Unauthorized, why);
}

}  // namespace

Tokens::Tokens(JwtSigner signer, JwtVerifier verifier) : signer_(std::move(signer)), verifier_(std::move(verifier)) {}

Result<Tokens> Tokens::make(std::string_view secret, std::chrono::seconds lifetime) {
  RONDEAU_TRY_PLAIN(crypto::PrivateKey key, crypto::PrivateKey::hs256(secret));
  JwtVerifier verifier({.keys = {{"", key.verifying_key()}}});
  return Tokens(JwtSigner(std::move(key), {.lifetime = lifetime}), std::move(verifier));
}

Result<std::string> Tokens::issue(std::int64_t user) const {
  return signer_.sign(Claims{std::to_string(user)});
}

std::optional<std::int64_t> Tokens::user_of(std::string_view token) const {
  const auto claims = verifier_.verify<Claims>(token);
  if (!claims) return std::nullopt;
  std::int64_t id = 0;
  const char* const end = claims->sub.data() + claims->sub.size();
  const auto [stop, error] = std::from_chars(claims->sub.data(), end, id);
  return error == std::errc() && stop == end ? std::optional(id) : std::nullopt;
}

}  // namespace conduit

bool rondeau::Extract<conduit::AccessToken>::extract(extract::Context& context, conduit::AccessToken* slot,
                                                     Rejection& rejection) {
  constexpr std::string_view kScheme = "Token ";
  const Request& request = context.request();
  http::mark_personal(context.request());
  const std::size_t fields = request.headers().count(http::HeaderName::Authorization);
  if (fields == 0) {
    rejection.absent = true;
    return conduit::reject(rejection, "token is missing");
  }
  const std::string_view value = text::trim(*request.header(http::HeaderName::Authorization));
  if (fields > 1 || value.size() <= kScheme.size() ||
      !text::equals_ignoring_case(value.substr(0, kScheme.size()), kScheme)) {
    return conduit::reject(rejection, "token is missing: \"Authorization: Token <jwt>\" is expected");
  }
  std::construct_at(slot, conduit::AccessToken{std::string(text::trim(value.substr(kScheme.size())))});
  return true;
}

void rondeau::Extract<conduit::AccessToken>::describe(schema::Operation& operation) {
  operation.secured_by({.kind = schema::SecurityScheme::Kind::ApiKeyHeader,
                        .name = "token",
                        .parameter = "Authorization",
                        .scopes = {}});
  operation.problem(StatusCode::Unauthorized).header("WWW-Authenticate");
}
