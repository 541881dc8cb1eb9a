#include "client/redirect_rule.h"

#include <algorithm>
#include <array>

#include <rondeau/text/ascii.h>

namespace rondeau::client {
namespace {

using http::HeaderName;
using http::Method;
using http::StatusCode;

/// Those that point elsewhere by their Location. 300 lets the user choose, 305 is deprecated.
bool is_redirect(StatusCode status) noexcept {
  constexpr std::array kStatuses{StatusCode::MovedPermanently, StatusCode::Found, StatusCode::SeeOther,
                                 StatusCode::TemporaryRedirect, StatusCode::PermanentRedirect};
  return std::ranges::find(kStatuses, status) != kStatuses.end();
}

Method next_method(StatusCode status, Method method) noexcept {
  const bool moved = status == StatusCode::MovedPermanently || status == StatusCode::Found;
  if (moved && method == Method::Post) return Method::Get;
  if (status == StatusCode::SeeOther && method != Method::Head) return Method::Get;
  return method;
}

/// Fields about the body that is left behind (RFC 9110 §15.4).
void drop_content(http::Headers& headers) {
  std::vector<std::string> names;
  for (const http::HeaderField& field : headers) {
    if (text::equals_ignoring_case(field.name.substr(0, 8), "content-")) names.emplace_back(field.name);
  }
  for (const std::string& name : names) headers.remove(name);
  for (const std::string_view name :
       {"digest", "repr-digest", "last-modified", "transfer-encoding", "trailer", "expect"}) {
    headers.remove(name);
  }
}

/// What another origin is not to learn, nor the first one again.
void drop_secrets(RedirectedRequest& request) {
  for (const std::string_view name :
       {"authorization", "cookie", "cookie2", "proxy-authorization", "www-authenticate", "origin"}) {
    request.headers.remove(name);
  }
  for (const std::string& name : request.secret_fields) request.headers.remove(name);
  request.secret_fields.clear();
  request.authority.reset();
}

}  // namespace

RedirectStep RedirectRule::step(RedirectedRequest& request, StatusCode status, const http::Headers& response,
                                bool cookies_changed) {
  if (policy_.max_hops == 0 || !is_redirect(status)) return {};
  const std::optional<std::string_view> location = response.get(HeaderName::Location);
  if (!location) return {};
  if (visited_.empty()) visited_.emplace_back(request.method, request.url);
  if (response.count(HeaderName::Location) > 1)
    return refuse(RedirectVerdict::Refused, "there are two Location fields");
  const Result<url::Url> target = request.url.resolve(*location);
  if (!target) return refuse(RedirectVerdict::Refused, "Location: " + std::string(target.error().context()));
  if (request.url.is_secure() && !target->is_secure() && !policy_.allow_downgrade) {
    return refuse(RedirectVerdict::Refused, "from https to " + target->redacted());
  }

  const Method method = next_method(status, request.method);
  if (cookies_changed) since_cookies_ = visited_.size();
  const auto seen = visited_.begin() + static_cast<std::ptrdiff_t>(since_cookies_);
  if (std::find(seen, visited_.end(), std::pair(method, *target)) != visited_.end()) {
    return refuse(RedirectVerdict::TooMany, "in a circle, back to " + target->redacted());
  }
  if (hops_ == policy_.max_hops) {
    return refuse(RedirectVerdict::TooMany, "more than " + std::to_string(hops_) + ", on to " + target->redacted());
  }
  if (policy_.decide) {
    switch (policy_.decide({status, method, request.url, *target, hops_ + 1})) {
      case RedirectAction::Follow:
        break;
      case RedirectAction::Stop:
        return {};
      case RedirectAction::Refuse:
        return refuse(RedirectVerdict::Refused, "the policy does not go to " + target->redacted());
    }
  }
  const bool same_method = method == request.method;
  if (same_method && request.has_body && !request.body_replayable) {
    return refuse(RedirectVerdict::BodyNotReplayable,
                  "the body would have to be sent again to " + target->redacted() + ", and cannot");
  }

  const bool same_origin = request.url.origin() == target->origin();
  if (!same_method) {
    request.has_body = false;
    drop_content(request.headers);
  }
  if (!same_origin) drop_secrets(request);
  if (!same_method || !same_origin) request.headers.remove(HeaderName::IdempotencyKey);
  request.method = method;
  request.url = *target;
  visited_.emplace_back(method, *target);
  ++hops_;
  return {RedirectVerdict::Follow};
}

/// With the way that led there.
RedirectStep RedirectRule::refuse(RedirectVerdict verdict, std::string_view why) const {
  std::string text("redirect: ");
  text.append(why).append(" (");
  for (const auto& [method, url] : visited_) {
    if (&url != &visited_.front().second) text.append(" → ");
    text.append(url.redacted());
  }
  text.append(")");
  return {verdict, std::move(text)};
}

}  // namespace rondeau::client
