#include <rondeau/middleware/cors.h>

#include <algorithm>

#include <rondeau/http/header_name.h>
#include <rondeau/text/ascii.h>
#include <rondeau/url/origin.h>

#include "middleware/vary.h"

namespace rondeau::middleware {
namespace {

using http::HeaderName;
using http::Method;
using http::Request;
using http::Response;

// The fields of Private Network Access; no other part of ours knows them.
constexpr std::string_view kRequestPrivateNetwork = "access-control-request-private-network";
constexpr std::string_view kAllowPrivateNetwork = "access-control-allow-private-network";

Error bad(const std::string& text) {
  return Error(Errc::InvalidArgument, text);
}

template <class T>
std::string join(const AllowList<T>& list) {
  if (list.is_any()) return "*";
  std::string text;
  for (const T& item : list.items()) {
    if (!text.empty()) text += ", ";
    if constexpr (std::is_same_v<T, Method>) {
      text += http::to_string(item);
    } else {
      text += item;
    }
  }
  return text;
}

/// The one origin that a request names; a request that names two is nobody's.
std::optional<std::string_view> origin_of(const Request& request) {
  const http::RequestHeaders headers = request.headers();
  if (headers.count(HeaderName::Origin) != 1) return std::nullopt;
  return headers.get(HeaderName::Origin);
}

Result<void> check_names(std::string_view what, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name == "*") return bad(std::string(what) + ": write Any(), not \"*\"");
    if (!text::is_token(name)) return bad(std::string(what) + ": \"" + name + "\" is no name of a field");
  }
  return {};
}

Result<void> check_options(const CorsOptions& options) {
  RONDEAU_TRY_VOID_PLAIN(options.allow_origin.check());
  RONDEAU_TRY_VOID_PLAIN(check_names("allow_headers", options.allow_headers.items()));
  RONDEAU_TRY_VOID_PLAIN(check_names("expose_headers", options.expose_headers.items()));
  if (options.max_age && options.max_age->count() < 0) return bad("max_age is negative");
  if (!options.allow_credentials) return {};
  // Fetch §3.3.5: with credentials `*` is no wildcard, so that it would not do what it says.
  const std::pair<const char*, bool> wildcards[] = {{"allow_origin", options.allow_origin.is_any()},
                                                    {"allow_methods", options.allow_methods.is_any()},
                                                    {"allow_headers", options.allow_headers.is_any()},
                                                    {"expose_headers", options.expose_headers.is_any()}};
  for (const auto& [name, is_any] : wildcards) {
    if (is_any) return bad(std::string(name) + " cannot be Any() together with allow_credentials");
  }
  return {};
}

/// What a browser loads from there does not pass a network.
bool is_own_machine(std::string_view origin) {
  const std::optional<url::Origin> parsed = url::parse_origin(origin);
  return parsed && (parsed->host == "localhost" || parsed->host == "127.0.0.1" || parsed->host == "[::1]");
}

}  // namespace

bool AllowOrigin::allows(std::string_view origin, const Request& request) const {
  if (any_) return true;
  if (predicate_) return predicate_(origin, request);
  return std::ranges::find(exact_, origin) != exact_.end();
}

Result<void> AllowOrigin::check() const {
  for (const std::string& origin : exact_) {
    if (origin == "*") return bad("allow_origin: write Any(), not \"*\"");
    // Whoever wants to be of origin "null" has only to stand in a sandboxed frame.
    if (origin == "null") return bad("allow_origin: \"null\" is the origin of any page that asks for it");
    const std::optional<url::Origin> parsed = url::parse_origin(origin);
    if (!parsed || parsed->to_string() != origin) {
      return bad("allow_origin: \"" + origin + "\" is no origin as browsers write it, such as https://app.example.org" +
                 (parsed ? ": write " + parsed->to_string() : ""));
    }
  }
  return {};
}

struct Cors::Prepared {
  CorsOptions options;
  std::string methods;
  std::string headers;
  std::string exposed;
  std::string max_age;
};

Cors::Cors(CorsOptions options) {
  auto prepared = std::make_shared<Prepared>();
  prepared->methods = join(options.allow_methods);
  prepared->headers = join(options.allow_headers);
  prepared->exposed = join(options.expose_headers);
  if (options.max_age) prepared->max_age = std::to_string(options.max_age->count());
  prepared->options = std::move(options);
  prepared_ = std::move(prepared);
}

std::vector<std::string> Cors::remarks() const {
  const CorsOptions& options = prepared_->options;
  std::vector<std::string> sentences;
  if (options.allow_origin.is_any()) {
    sentences.push_back(options.allow_private_network ? "lets pages of every origin into a private network"
                                                      : "lets pages of every origin read the answers");
  }
  for (const std::string& origin : options.allow_origin.exact()) {
    if (!options.allow_credentials || !origin.starts_with("http://") || is_own_machine(origin)) continue;
    sentences.push_back("lets " + origin + " in with credentials, and whoever is on the wire can be that");
  }
  return sentences;
}

Result<void> Cors::check() const {
  if (auto checked = check_options(prepared_->options); !checked) return checked.error().with("Cors");
  return {};
}

/// Whether the page that asks may read the answer; then the answer says so.
bool Cors::allow_origin(const Request& request, Response& response) const {
  const CorsOptions& options = prepared_->options;
  for (const HeaderName name : {HeaderName::AccessControlAllowOrigin, HeaderName::AccessControlAllowCredentials,
                                HeaderName::AccessControlExposeHeaders}) {
    response.headers().remove(name);
  }
  add_vary(response, "Origin");
  const std::optional<std::string_view> origin = origin_of(request);
  if (!origin || !options.allow_origin.allows(*origin, request)) return false;
  response.header(HeaderName::AccessControlAllowOrigin, options.allow_origin.is_any() ? "*" : *origin);
  if (options.allow_credentials) response.header(HeaderName::AccessControlAllowCredentials, "true");
  return true;
}

std::optional<Response> Cors::before(Request& request) const {
  const bool is_preflight = request.method() == Method::Options && request.headers().contains(HeaderName::Origin) &&
                            request.headers().contains(HeaderName::AccessControlRequestMethod);
  if (!is_preflight) return std::nullopt;
  const Prepared& prepared = *prepared_;
  Response response(http::StatusCode::NoContent);
  const bool allowed = allow_origin(request, response);
  add_vary(response, "Access-Control-Request-Method");
  add_vary(response, "Access-Control-Request-Headers");
  if (prepared.options.allow_private_network) add_vary(response, "Access-Control-Request-Private-Network");
  if (!allowed) return response;
  const auto say = [&](HeaderName name, const std::string& value) {
    if (!value.empty()) response.header(name, value);
  };
  say(HeaderName::AccessControlAllowMethods, prepared.methods);
  say(HeaderName::AccessControlAllowHeaders, prepared.headers);
  say(HeaderName::AccessControlMaxAge, prepared.max_age);
  if (prepared.options.allow_private_network && request.header(kRequestPrivateNetwork) == "true") {
    response.header(kAllowPrivateNetwork, "true");
  }
  return response;
}

void Cors::after(const Request& request, Response& response) const {
  if (allow_origin(request, response) && !prepared_->exposed.empty()) {
    response.header(HeaderName::AccessControlExposeHeaders, prepared_->exposed);
  }
}

}  // namespace rondeau::middleware
