// Reading single cells: what Codec<T> is made of. Not for users.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/reflect/descriptor.h>
#include <rondeau/sql/error.h>
#include <rondeau/sql/types.h>
#include <rondeau/sql/value.h>
#include <rondeau/text/uuid.h>

namespace rondeau::sql {

/// Why a cell did not become a value. `because` and its like give false, so that a decoder can return them.
struct Misfit {
  ErrorKind kind = ErrorKind::Decode;
  std::string why;

  bool because(ErrorKind what, std::string reason);
  bool out_of_range(std::int64_t number);
  bool wrong_type(const Cell& cell, std::string_view expected);
};

/// Whether integers of `column` fit into what is declared as `wanted`. SQLite's are looked at one by one.
constexpr bool integer_fits(Type column, Type wanted) {
  return column == Type::Any || (column >= Type::Int16 && column <= wanted);
}
constexpr bool text_fits(Type column) {
  return column == Type::Text || column == Type::Json || column == Type::Unknown || column == Type::Any;
}

bool read_bool(const Cell& cell, bool& out, Misfit& misfit);
bool read_integer(const Cell& cell, std::int64_t& out, Misfit& misfit);
bool read_real(const Cell& cell, bool single, double& out, Misfit& misfit);
bool read_text(const Cell& cell, std::string& out, Misfit& misfit);
bool read_bytes(const Cell& cell, std::vector<std::byte>& out, Misfit& misfit);
bool read_json(const Cell& cell, std::string_view& out, Misfit& misfit);
bool read_uuid(const Cell& cell, text::Uuid& out, Misfit& misfit);
bool read_numeric(const Cell& cell, Numeric& out, Misfit& misfit);
bool read_interval(const Cell& cell, Interval& out, Misfit& misfit);
/// Of Time, Timestamp and Timestamptz.
bool read_microseconds(const Cell& cell, Type type, std::int64_t& out, Misfit& misfit);
bool read_enumerator(const Cell& cell, std::span<const reflect::Enumerator> enumerators, std::int64_t& out,
                     Misfit& misfit);
bool write_enumerator(std::span<const reflect::Enumerator> enumerators, std::int64_t value, Value& out,
                      std::string& why);

/// The elements of an array: those of the cell, or those of a JSON text.
class ArrayCells {
 public:
  ArrayCells(const Cell& cell, Misfit& misfit);
  ArrayCells(const ArrayCells&) = delete;
  ArrayCells& operator=(const ArrayCells&) = delete;
  ~ArrayCells();

  bool ok() const noexcept { return ok_; }
  std::span<const Cell> get() const noexcept { return cells_; }

 private:
  struct Parsed;
  std::unique_ptr<Parsed> parsed_;
  std::span<const Cell> cells_;
  bool ok_ = false;
};

/// The text forms in which SQLite keeps what it has no type for; they sort as the values do, years 0 to 9999.
///
/// `YYYY-MM-DD`, `HH:MM:SS.ffffff`, `YYYY-MM-DD HH:MM:SS.ffffff`, `YYYY-MM-DDTHH:MM:SS.ffffffZ`; an interval is ISO 8601's
/// `P1M2DT3.000004S`. Empty where a value has none.
std::string text_form(const Value& value);
/// Reads them; times with a space or a T, with any number of digits of a second up to six, and timestamptz also with an
/// offset. False: malformed.
bool parse_text_form(std::string_view text, Type type, std::int64_t& out);
bool parse_text_form(std::string_view text, Interval& out);

/// An array parameter as JSON text, elements in the forms that SQLite keeps; bytes in base64.
std::string json_form(const Array& array);

}  // namespace rondeau::sql
