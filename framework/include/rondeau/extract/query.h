// What stands behind the `?`: one pair, all pairs as a struct, or the text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/extract/extractor.h>
#include <rondeau/extract/from_text.h>
#include <rondeau/reflect/fixed_string.h>

namespace rondeau::extract {

/// The members of T from pairs of those names; `+` is a space.
///
/// A repeated name fills a container; of a single value it is refused. Unknown names are passed over. Optional and
/// defaulted members may be missing. Rejects with 400, listing what is wrong.
template <class T>
struct Query : Extracted<T> {};

/// The pair of that name. Missing: 400, or empty as std::optional<QueryParam<…>>.
template <reflect::FixedString Name, class T = std::string>
struct QueryParam : Extracted<T> {};

/// The text behind the `?` as it was sent, not decoded; empty also when there is none.
struct RawQuery : Extracted<std::string> {};

/// Fills the members of a described struct.
bool query_members(const http::Request& request, const reflect::Descriptor& type, void* object, Rejection& rejection);
/// The decoded value of the only pair of that name.
bool query_text(const http::Request& request, std::string_view name, std::string& text, Rejection& rejection);

}  // namespace rondeau::extract

namespace rondeau {

using extract::Query;
using extract::QueryParam;
using extract::RawQuery;

template <class T>
struct Extract<Query<T>> {
  static bool extract(extract::Context& context, Query<T>* slot, Rejection& rejection) {
    static_assert(reflect::kind_of<T>() == reflect::Kind::Struct,
                  "rondeau: Query<T> takes a struct whose members are the names; for one pair take "
                  "QueryParam<\"name\", T>, for the text RawQuery");
    static_assert(extract::members_fit_pairs<T>,
                  "rondeau: a member of Query<T> has no text; it is a value, or a list of values, and no struct or map");
    std::construct_at(slot);
    if (extract::query_members(context.request(), reflect::describe<T>(), &slot->value, rejection)) return true;
    std::destroy_at(slot);
    return false;
  }
  static void describe(schema::Operation& operation) {
    operation.parameters_of(schema::In::Query, reflect::describe<T>());
    operation.problem(http::StatusCode::BadRequest);
  }
};

template <reflect::FixedString Name, class T>
struct Extract<QueryParam<Name, T>> {
  static bool extract(extract::Context& context, QueryParam<Name, T>* slot, Rejection& rejection) {
    std::string text;
    if (!extract::query_text(context.request(), Name, text, rejection)) return false;
    std::construct_at(slot);
    extract::Unfit unfit;
    if (extract::from_text(text, slot->value, unfit)) return true;
    std::destroy_at(slot);
    return rejection.reject_field(http::StatusCode::BadRequest, "query", Name, unfit.code, unfit.why);
  }
  static void describe(schema::Operation& operation) {
    operation.parameter(schema::In::Query, Name, extract::text_form<T>());
    operation.problem(http::StatusCode::BadRequest);
  }
};

template <>
struct Extract<RawQuery> {
  static bool extract(extract::Context& context, RawQuery* slot, Rejection& rejection);
};

}  // namespace rondeau
