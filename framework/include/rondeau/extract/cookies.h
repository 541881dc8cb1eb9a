// What cookies say: one of them by name, or a copy of all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/extract/extractor.h>
#include <rondeau/extract/from_text.h>
#include <rondeau/http/cookie.h>
#include <rondeau/reflect/fixed_string.h>
#include <rondeau/text/ascii.h>

namespace rondeau::extract {

/// The cookie of that name. Missing: 400, or empty as std::optional<Cookie<…>>.
///
/// The whole Cookie field has to be well-formed (see http::CookiePairs) and to come once, else 400. So has the cookie:
/// two of one name come from different places, and the request does not tell which is ours.
template <reflect::FixedString Name, class T = std::string>
struct Cookie : Extracted<T> {};

/// All cookies of the request, at most Limits::max_cookies. None sent: empty. Rejects with 400 what Cookie<…> does, but
/// not cookies of one name.
class Cookies {
 public:
  struct Pair {
    std::string name;
    std::string value;
  };

  Cookies() = default;
  explicit Cookies(std::vector<Pair> pairs) noexcept : pairs_(std::move(pairs)) {}

  /// The value of the only cookie of that name; nothing when there are several. Lifetime: this object's.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
  /// In the order they were sent.
  std::span<const Pair> all() const noexcept { return pairs_; }

 private:
  std::vector<Pair> pairs_;
};

/// The value of the only cookie of that name. Lifetime: the request's.
bool cookie_text(const http::Request& request, std::string_view name, std::string_view& text, Rejection& rejection);
bool all_cookies(const http::Request& request, std::vector<Cookies::Pair>& pairs, Rejection& rejection);

}  // namespace rondeau::extract

namespace rondeau {

using extract::Cookie;
using extract::Cookies;

template <reflect::FixedString Name, class T>
struct Extract<Cookie<Name, T>> {
  static bool extract(extract::Context& context, Cookie<Name, T>* slot, Rejection& rejection) {
    static_assert(!Name.empty() && std::ranges::all_of(Name.view(), text::is_token_char),
                  "rondeau: the name of a cookie is a token: letters, digits, and !#$%&'*+-.^_`|~");
    std::string_view text;
    if (!extract::cookie_text(context.request(), Name, text, rejection)) return false;
    std::construct_at(slot);
    extract::Unfit unfit;
    if (extract::from_text(text, slot->value, unfit)) return true;
    std::destroy_at(slot);
    return rejection.reject_field(http::StatusCode::BadRequest, "cookie", Name, unfit.code, unfit.why);
  }
  static void describe(schema::Operation& operation) {
    operation.parameter(schema::In::Cookie, Name, extract::text_form<T>());
    operation.problem(http::StatusCode::BadRequest);
  }
};

template <>
struct Extract<Cookies> {
  static bool extract(extract::Context& context, Cookies* slot, Rejection& rejection);
  static void describe(schema::Operation& operation);
};

}  // namespace rondeau
