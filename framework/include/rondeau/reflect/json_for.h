// The way out for types that are no aggregates: say which other type they are in JSON.
#pragma once

namespace rondeau {

/// Specialise to give T a JSON form.
///
///     template <> struct rondeau::JsonFor<Colour> {
///       using Form = std::string;                          // any type with a JSON form
///       static Form to_json(const Colour& colour);
///       static Result<Colour> from_json(Form form);        // the error's text goes to the client
///       static constexpr bool secret = true;               // optional: never print or log it
///       static constexpr std::string_view format = "uri";  // optional: of a text, in documents
///     };
///
/// T must be default-constructible to be read.
template <class T>
struct JsonFor {
  using NotSpecialised = void;
};

}  // namespace rondeau
