// What queries and urlencoded forms share: from name=value&name=value to the members of a struct.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <rondeau/extract/rejection.h>
#include <rondeau/http/limits.h>
#include <rondeau/reflect/descriptor.h>

namespace rondeau::extract {

/// How errors name a member.
enum class Named : std::uint8_t { Plainly, ByPointer };

/// Pairs as they were sent, and how errors in them are told.
///
/// What is not encoded well, repeated, or too much is always 400; what a member's type refuses, or what is missing,
/// gets `unfit`.
struct PairText {
  std::string_view text;
  std::string_view in;  ///< "query" or "body"
  Named named;
  http::StatusCode unfit = http::StatusCode::BadRequest;
  std::size_t max_pairs;
  std::size_t max_errors;
  std::uint64_t given = 0;  ///< a bit per member that has its value from elsewhere: it is not looked for

  static PairText of_query(std::string_view text, const http::Limits& limits) noexcept {
    return {
        text, "query", Named::Plainly, http::StatusCode::BadRequest, limits.max_query_pairs, limits.max_listed_errors};
  }
  static PairText of_form(std::string_view text, const http::Limits& limits) noexcept {
    return {text,
            "body",
            Named::ByPointer,
            http::StatusCode::UnprocessableContent,
            limits.max_form_pairs,
            limits.max_listed_errors};
  }
};

/// Fills the members of a described struct; up to max_errors of what is wrong are listed.
bool read_members(const PairText& pairs, const reflect::Descriptor& type, void* object, Rejection& rejection);
/// The decoded value of the only pair of that name.
bool read_only_value(const PairText& pairs, std::string_view name, std::string& text, Rejection& rejection);

}  // namespace rondeau::extract
