// Types of C++ that are there for databases.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/json/as_json.h>
#include <rondeau/sql/value.h>

namespace rondeau::sql {

/// A struct, or anything else with a JSON form, in a column of JSON.
using json::Json;

/// An exact decimal number, as text: "-12.50". PostgreSQL's numeric; TEXT in SQLite.
class Numeric {
 public:
  Numeric() = default;
  /// Reads `[+-]digits[.digits][e[+-]digits]` or NaN; nullopt for anything else.
  static std::optional<Numeric> parse(std::string_view text);

  const std::string& text() const noexcept { return text_; }
  bool is_nan() const noexcept { return text_ == "NaN"; }
  /// Of the text, not of the number: 1.0 is not 1.00.
  bool operator==(const Numeric&) const = default;

 private:
  explicit Numeric(std::string text) noexcept : text_(std::move(text)) {}
  std::string text_ = "0";
};

/// As a row: `all<ByPosition<Point>>(…)` gives Points, whose members are the columns in order, whatever they are called.
template <class T>
struct ByPosition {
  using NotAValue = void;
};

/// The way out for a type that is kept as another one: specialise to say which.
///
///     template <> struct rondeau::sql::SqlFor<Colour> {
///       using Form = std::string;                     // any type with a column of its own
///       static Form to_sql(const Colour& colour);
///       static Result<Colour> from_sql(Form form);    // the error's text becomes part of ours
///     };
template <class T>
struct SqlFor {
  using NotSpecialised = void;
};

}  // namespace rondeau::sql
