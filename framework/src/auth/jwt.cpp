#include <rondeau/auth/jwt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <variant>

#include <nlohmann/json.hpp>

#include <rondeau/base/assert.h>
#include <rondeau/base/wall_clock.h>
#include <rondeau/json/document.h>
#include <rondeau/reflect/nullable.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/base64.h>

namespace rondeau::auth {
namespace {

/// What a header says that matters here (RFC 7515 §4.1). Keys that it carries or points to are not looked at.
struct JoseHeader {
  std::string alg;
  Patch<std::string> kid;
  Patch<std::string> typ;
  Patch<json::Document> crit;
};

/// Registered claims (RFC 7519 §4.1). Dates are numbers that may have a fraction.
struct Registered {
  Patch<double> exp;
  Patch<double> nbf;
  Patch<double> iat;
  Patch<std::string> iss;
  Patch<std::variant<std::string, std::vector<std::string>>> aud;
};

Error refused(std::string_view why) {
  return Error(Errc::InvalidData, why);
}

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  const Parts parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                    token.substr(0, second)};
  if (parts.header.empty() || parts.payload.empty() || parts.signature.empty()) return std::nullopt;
  return parts;
}


double now_seconds() {
  return std::chrono::duration<double>(base::wall_clock().time_since_epoch()).count();
}

bool names(const std::variant<std::string, std::vector<std::string>>& audience, const std::string& name) {
  if (const auto* one = std::get_if<std::string>(&audience)) return *one == name;
  return std::ranges::count(std::get<std::vector<std::string>>(audience), name) > 0;
}

}  // namespace

struct JwtVerifier::Inside {
  JwtOptions options;

  Result<void> check_signature(const JoseHeader& header, const Parts& parts, std::string_view signature) const;
  Result<void> check_claims(const Registered& claims) const;
  Result<void> check_times(const Registered& claims) const;
};

JwtVerifier::JwtVerifier(JwtOptions options) : inside_(std::make_shared<const Inside>(Inside{std::move(options)})) {
  RONDEAU_ASSERT(!inside_->options.keys.empty());
}

Result<std::string> JwtVerifier::verify_text(std::string_view token) const {
  if (token.size() > inside_->options.max_size) return refused("the token is too long");
  const std::optional<Parts> parts = split(token);
  if (!parts) return refused("the token is not of three parts");
  const Result<std::string> header_text = text::base64_decode(parts->header, text::Base64Form::Url);
  const Result<std::string> signature = text::base64_decode(parts->signature, text::Base64Form::Url);
  if (!header_text || !signature) return refused("the token is not in base64url");
  const auto header = json::parse<JoseHeader>(*header_text);
  if (!header) return refused("the token's header is malformed");
  RONDEAU_TRY_VOID_PLAIN(inside_->check_signature(*header, *parts, *signature));

  Result<std::string> payload = text::base64_decode(parts->payload, text::Base64Form::Url);
  if (!payload) return refused("the token is not in base64url");
  const auto claims = json::parse<Registered>(*payload);
  if (!claims) return refused("the token's claims are malformed");
  RONDEAU_TRY_VOID_PLAIN(inside_->check_claims(*claims));
  return payload;
}

Result<void> JwtVerifier::Inside::check_signature(const JoseHeader& header, const Parts& parts,
                                                  std::string_view signature) const {
  // RFC 7515 §4.1.11: what a critical extension would change is not known here.
  if (!header.crit.is_absent()) return refused("the token has a critical extension");
  if (header.kid.is_null() || header.typ.is_null()) return refused("the token's header is malformed");
  if (options.type && (!header.typ || !text::equals_ignoring_case(*header.typ, *options.type))) {
    return refused("the token is of another type");
  }
  bool known = false;
  for (const JwtKey& candidate : options.keys) {
    if (header.kid && !candidate.id.empty() && candidate.id != *header.kid) continue;
    if (header.alg != crypto::to_string(candidate.key.algorithm())) continue;
    known = true;
    if (candidate.key.verify(parts.signed_text, signature)) return {};
  }
  return refused(known ? "the token's signature is wrong" : "the token names no key and algorithm that are taken here");
}

Result<void> JwtVerifier::Inside::check_claims(const Registered& claims) const {
  RONDEAU_TRY_VOID_PLAIN(check_times(claims));
  if (claims.iss.is_null() || claims.aud.is_null()) return refused("the token's claims are malformed");
  if (options.issuer && (!claims.iss || *claims.iss != *options.issuer)) {
    return refused("the token is of another issuer");
  }
  // RFC 7519 §4.1.3: one that has an audience is for nobody else.
  if (options.audience ? !claims.aud || !names(*claims.aud, *options.audience) : !claims.aud.is_absent()) {
    return refused("the token is for another audience");
  }
  return {};
}

Result<void> JwtVerifier::Inside::check_times(const Registered& claims) const {
  for (const Patch<double>* time : {&claims.exp, &claims.nbf, &claims.iat}) {
    if (time->is_null() || (*time && !std::isfinite(**time))) return refused("the token's claims are malformed");
  }
  const double now = now_seconds();
  const auto leeway = static_cast<double>(options.leeway.count());
  if (!claims.exp && options.expiry == Expiry::Required) return refused("the token does not say when it expires");
  if (claims.exp && now >= *claims.exp + leeway) return refused("the token has expired");
  if (claims.nbf && now < *claims.nbf - leeway) return refused("the token is not valid yet");
  if (claims.iat && now < *claims.iat - leeway) return refused("the token was made in the future");
  return {};
}

JwtSigner::JwtSigner(crypto::PrivateKey key, JwtSignerOptions options)
    : key_(std::move(key)), options_(std::make_shared<const JwtSignerOptions>(std::move(options))) {}

Result<std::string> JwtSigner::sign_text(std::string_view claims) const {
  json::Document payload = json::Document::parse(claims, nullptr, false);
  if (!payload.is_object()) return Error(Errc::InvalidArgument, "the claims of a token are an object");
  const auto now = std::chrono::floor<std::chrono::seconds>(base::wall_clock().time_since_epoch());
  payload["iat"] = now.count();
  payload["exp"] = (now + options_->lifetime).count();
  if (options_->issuer) payload["iss"] = *options_->issuer;
  if (options_->audience) payload["aud"] = *options_->audience;

  json::Document header = {{"alg", std::string(crypto::to_string(key_.algorithm()))}, {"typ", options_->type}};
  if (!options_->key_id.empty()) header["kid"] = options_->key_id;
  std::string token = text::base64_encode(header.dump(), text::Base64Form::Url);
  token.append(".").append(text::base64_encode(payload.dump(), text::Base64Form::Url));
  const std::string signature = key_.sign(token);
  return token.append(".").append(text::base64_encode(signature, text::Base64Form::Url));
}

}  // namespace rondeau::auth
