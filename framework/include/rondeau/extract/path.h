// What the path says: its parameters by name, all of them as a struct, the path itself, the pattern that matched.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/extract/extractor.h>
#include <rondeau/extract/from_text.h>
#include <rondeau/reflect/fixed_string.h>

namespace rondeau::extract {

/// The path parameter `{Name}`, percent-decoded once. Rejects with 400.
template <reflect::FixedString Name, class T = std::string>
struct Path : Extracted<T> {};

/// A parameter of the prefix the router is nested under. Not checked by the compiler but by build().
template <reflect::FixedString Name, class T = std::string>
struct PrefixPath : Extracted<T> {};

/// All members of T, each a path parameter of that name. Rejects with 400.
template <class T>
struct PathParams : Extracted<T> {};

/// The path as it was sent, not decoded.
struct RawPath : Extracted<std::string> {};

/// The pattern of the route, a label for metrics: "/u/{id}", or "unmatched". Lifetime of the text: the router's.
struct MatchedPath : Extracted<std::string_view> {};

/// The label of a request: the matched pattern, or "unmatched".
std::string_view matched_path(const http::Request& request) noexcept;

/// The decoded text of a parameter: in the request where it needed no decoding, otherwise in `scratch`.
/// False: not UTF-8.
bool path_text(const http::Request& request, std::string_view name, std::string& scratch, std::string_view& text,
               Rejection& rejection);
/// Fills the members of a described struct.
bool path_members(const http::Request& request, const reflect::Descriptor& type, void* object, Rejection& rejection);

template <class T>
bool path_value(Context& context, std::string_view name, Extracted<T>& slot, Rejection& rejection) {
  std::string scratch;
  std::string_view text;
  if (!path_text(context.request(), name, scratch, text, rejection)) return false;
  Unfit unfit;
  if (from_text(text, slot.value, unfit)) return true;
  return rejection.reject_field(http::StatusCode::BadRequest, "path", name, unfit.code, unfit.why);
}

}  // namespace rondeau::extract

namespace rondeau {

using extract::MatchedPath;
using extract::Path;
using extract::PathParams;
using extract::PrefixPath;
using extract::RawPath;

template <reflect::FixedString Name, class T>
struct Extract<Path<Name, T>> {
  static constexpr std::array<std::string_view, 1> path_names{Name};
  static bool extract(extract::Context& context, Path<Name, T>* slot, Rejection& rejection) {
    std::construct_at(slot);
    if (extract::path_value<T>(context, Name, *slot, rejection)) return true;
    std::destroy_at(slot);
    return false;
  }
  static void describe(schema::Operation& operation) {
    operation.parameter(schema::In::Path, Name, extract::text_form<T>());
    operation.problem(http::StatusCode::BadRequest);
  }
};

template <reflect::FixedString Name, class T>
struct Extract<PrefixPath<Name, T>> {
  static constexpr std::array<std::string_view, 1> outer_path_names{Name};
  static bool extract(extract::Context& context, PrefixPath<Name, T>* slot, Rejection& rejection) {
    std::construct_at(slot);
    if (extract::path_value<T>(context, Name, *slot, rejection)) return true;
    std::destroy_at(slot);
    return false;
  }
  static void describe(schema::Operation& operation) {
    operation.parameter(schema::In::Path, Name, extract::text_form<T>());
    operation.problem(http::StatusCode::BadRequest);
  }
};

template <class T>
struct Extract<PathParams<T>> {
  static constexpr bool kWholeStruct = true;
  static constexpr auto path_names = reflect::member_names<T>();
  static bool extract(extract::Context& context, PathParams<T>* slot, Rejection& rejection) {
    static_assert(extract::members_fit_pairs<T>,
                  "rondeau: a member of PathParams<T> has no text; it is a value, and no struct or map");
    std::construct_at(slot);
    if (extract::path_members(context.request(), reflect::describe<T>(), &slot->value, rejection)) return true;
    std::destroy_at(slot);
    return false;
  }
  static void describe(schema::Operation& operation) {
    operation.parameters_of(schema::In::Path, reflect::describe<T>());
    operation.problem(http::StatusCode::BadRequest);
  }
};

template <>
struct Extract<RawPath> {
  static bool extract(extract::Context& context, RawPath* slot, Rejection& rejection);
};
template <>
struct Extract<MatchedPath> {
  static bool extract(extract::Context& context, MatchedPath* slot, Rejection& rejection);
};

}  // namespace rondeau
