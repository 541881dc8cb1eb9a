// Form<T>: what an HTML form sends, as a struct.
#pragma once

#include <memory>

#include <rondeau/extract/extractor.h>
#include <rondeau/extract/from_text.h>
#include <rondeau/reflect/describe.h>

namespace rondeau::extract {

/// The members of T from a body of application/x-www-form-urlencoded, at most Limits::max_form_pairs of them.
///
/// Names and values are read as in Query<T>: `+` is a space, a repeated name fills a container, unknown names are
/// passed over. Rejects with 415 (another content type), 400 (badly encoded, no UTF-8, a single value given twice, too
/// many pairs) or 422 (a value that does not fit, or none), listing what is wrong.
template <class T>
struct Form : Extracted<T> {};

/// Fills the members of a described struct.
bool form_members(const http::Request& request, const reflect::Descriptor& type, void* object, Rejection& rejection);
void describe_form(const reflect::Descriptor& type, schema::Operation& operation);

}  // namespace rondeau::extract

namespace rondeau {

using extract::Form;

template <class T>
struct Extract<Form<T>> {
  static constexpr bool reads_body = true;
  static bool extract(extract::Context& context, Form<T>* slot, Rejection& rejection) {
    static_assert(reflect::kind_of<T>() == reflect::Kind::Struct,
                  "rondeau: Form<T> takes a struct whose members are the names of the form's fields");
    static_assert(extract::members_fit_pairs<T>,
                  "rondeau: a member of Form<T> has no text; it is a value, or a list of values, and no struct or map");
    std::construct_at(slot);
    if (extract::form_members(context.request(), reflect::describe<T>(), &slot->value, rejection)) return true;
    std::destroy_at(slot);
    return false;
  }
  static void describe(schema::Operation& operation) { extract::describe_form(reflect::describe<T>(), operation); }
};

}  // namespace rondeau
