// form_text, add_query: plain structs as urlencoded forms and queries; what extract::Form and extract::Query read.
#pragma once

#include <string>
#include <type_traits>

#include <rondeau/base/result.h>
#include <rondeau/extract/from_text.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/url/url.h>

namespace rondeau::client {

/// Appends the members of a described struct as pairs, percent-encoded.
///
/// A list gives a pair for each element, an absent optional member none. Errors: InvalidArgument naming the member, for
/// a NaN or infinity, an enumerator without a name, a time outside of the years 0 to 9999, text that is no UTF-8.
Result<void> append_members(std::string& pairs, const reflect::Descriptor& type, const void* object);

template <class M>
consteval bool is_secret() {
  if constexpr (requires { JsonFor<M>::secret; }) {
    return JsonFor<M>::secret;
  } else if constexpr (requires { typename M::value_type; }) {
    return is_secret<std::remove_cvref_t<typename M::value_type>>();
  } else {
    return false;
  }
}
template <class... M>
consteval bool any_is_secret(std::type_identity<reflect::Members<M...>>) {
  return (is_secret<M>() || ...);
}

template <class T>
consteval void check_form() {
  static_assert(reflect::kind_of<T>() == reflect::Kind::Struct,
                "rondeau: a form or query is a struct whose members are the names of its pairs");
  if constexpr (reflect::kind_of<T>() == reflect::Kind::Struct) {
    static_assert(
        extract::members_fit_pairs<T>,
        "rondeau: a member of a form or query has no text; it is a value, or a list of values, and no struct or map");
    static_assert(!any_is_secret(std::type_identity<reflect::MembersOf<T>>()),
                  "rondeau: a Secret would be sent as ***; give the form what its reveal() shows");
  }
}

/// `name=value&…` of the members of `value`, for a body of application/x-www-form-urlencoded. Errors: see
/// append_members().
template <class T>
Result<std::string> form_text(const T& value) {
  check_form<T>();
  std::string pairs;
  RONDEAU_TRY_VOID_PLAIN(append_members(pairs, reflect::describe<T>(), &value));
  return pairs;
}

/// `url` with the members of `value` behind its query. Errors: see append_members(), and Url::parse().
template <class T>
Result<url::Url> add_query(const url::Url& url, const T& value) {
  check_form<T>();
  std::string pairs(url.query());
  RONDEAU_TRY_VOID_PLAIN(append_members(pairs, reflect::describe<T>(), &value));
  return url.with_query(pairs);
}

}  // namespace rondeau::client
