// What the fields say: one of them by name, or a copy of all.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <rondeau/extract/extractor.h>
#include <rondeau/extract/from_text.h>
#include <rondeau/http/headers.h>
#include <rondeau/reflect/fixed_string.h>

namespace rondeau::extract {

/// The field of that name, compared without case. Missing: 400, or empty as std::optional<Header<…>>. Several lines of
/// a field are one value, joined by ", ".
template <reflect::FixedString Name, class T = std::string>
struct Header : Extracted<T> {};

bool header_text(const http::Request& request, std::string_view name, std::string& scratch, std::string_view& text,
                 Rejection& rejection);

}  // namespace rondeau::extract

namespace rondeau {

using extract::Header;

template <reflect::FixedString Name, class T>
struct Extract<Header<Name, T>> {
  static bool extract(extract::Context& context, Header<Name, T>* slot, Rejection& rejection) {
    std::string scratch;
    std::string_view text;
    if (!extract::header_text(context.request(), Name, scratch, text, rejection)) return false;
    std::construct_at(slot);
    extract::Unfit unfit;
    if (extract::from_text(text, slot->value, unfit)) return true;
    std::destroy_at(slot);
    return rejection.reject_field(http::StatusCode::BadRequest, "header", Name, unfit.code, unfit.why);
  }
  static void describe(schema::Operation& operation) {
    operation.parameter(schema::In::Header, Name, extract::text_form<T>());
    operation.problem(http::StatusCode::BadRequest);
  }
};

/// A copy that outlives the request.
template <>
struct Extract<http::Headers> {
  static bool extract(extract::Context& context, http::Headers* slot, Rejection& rejection);
};

}  // namespace rondeau
