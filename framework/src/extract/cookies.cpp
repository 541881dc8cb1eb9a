#include <rondeau/extract/cookies.h>

namespace rondeau::extract {
namespace {

using http::StatusCode;

/// Calls `each(pair)` for every cookie. False when the field cannot be read.
template <class F>
bool walk_cookies(const http::Request& request, Rejection& rejection, F each) {
  const std::optional<std::string_view> field = request.header(http::HeaderName::Cookie);
  if (!field) return true;
  if (request.headers().count(http::HeaderName::Cookie) > 1) {
    return rejection.reject(StatusCode::BadRequest, "there is more than one Cookie field");
  }
  std::size_t count = 0;
  http::CookiePairs pairs(*field);
  for (http::CookiePair pair; pairs.next(pair);) {
    if (++count > request.limits().max_cookies) {
      return rejection.reject(StatusCode::BadRequest, "there are too many cookies");
    }
    each(pair);
  }
  if (!pairs.malformed()) return true;
  return rejection.reject(StatusCode::BadRequest, "the Cookie field is malformed");
}

}  // namespace

std::optional<std::string_view> Cookies::get(std::string_view name) const noexcept {
  std::optional<std::string_view> found;
  for (const Pair& pair : pairs_) {
    if (pair.name != name) continue;
    if (found) return std::nullopt;
    found = pair.value;
  }
  return found;
}

std::size_t Cookies::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::ranges::count(pairs_, name, &Pair::name));
}

bool cookie_text(const http::Request& request, std::string_view name, std::string_view& text, Rejection& rejection) {
  std::size_t found = 0;
  const auto take = [&](const http::CookiePair& pair) {
    if (pair.name == name) text = pair.value, ++found;
  };
  if (!walk_cookies(request, rejection, take)) return false;
  if (found == 0) return rejection.reject_missing("cookie", name);
  if (found == 1) return true;
  return rejection.reject_field(StatusCode::BadRequest, "cookie", name, "repeated", "is given more than once");
}

bool all_cookies(const http::Request& request, std::vector<Cookies::Pair>& pairs, Rejection& rejection) {
  return walk_cookies(request, rejection, [&](const http::CookiePair& pair) {
    pairs.push_back({std::string(pair.name), std::string(pair.value)});
  });
}

}  // namespace rondeau::extract

namespace rondeau {

bool Extract<Cookies>::extract(extract::Context& context, Cookies* slot, Rejection& rejection) {
  std::vector<Cookies::Pair> pairs;
  if (!extract::all_cookies(context.request(), pairs, rejection)) return false;
  std::construct_at(slot, std::move(pairs));
  return true;
}

void Extract<Cookies>::describe(schema::Operation& operation) {
  operation.problem(http::StatusCode::BadRequest);
}

}  // namespace rondeau
