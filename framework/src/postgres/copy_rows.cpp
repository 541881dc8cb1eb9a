#include <rondeau/postgres/copy_rows.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <variant>

#include <rondeau/postgres/database.h>
#include <rondeau/sql/cells.h>
#include <rondeau/text/uuid.h>

namespace rondeau::postgres {
namespace {

void append_number(std::string& out, auto number) {
  std::array<char, 64> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

void append_hex(std::string& out, const std::string& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\x";
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
}

/// The text form of a value that is not NULL; what is wrong with it, or null.
const char* append_text(std::string& out, const sql::Value& value) {
  switch (value.type) {
    case sql::Type::Bool:
      out.push_back(std::get<std::int64_t>(value.data) != 0 ? 't' : 'f');
      return nullptr;
    case sql::Type::Int16:
    case sql::Type::Int32:
    case sql::Type::Int64:
      append_number(out, std::get<std::int64_t>(value.data));
      return nullptr;
    case sql::Type::Float32:
      append_number(out, static_cast<float>(std::get<double>(value.data)));
      return nullptr;
    case sql::Type::Float64:
      append_number(out, std::get<double>(value.data));
      return nullptr;
    case sql::Type::Text:
    case sql::Type::Json:
    case sql::Type::Numeric:
      out += std::get<std::string>(value.data);
      return out.find('\0') == std::string::npos ? nullptr : "a text of the server's cannot hold a zero byte";
    case sql::Type::Bytes:
      append_hex(out, std::get<std::string>(value.data));
      return nullptr;
    case sql::Type::Uuid: {
      std::array<std::uint8_t, 16> bytes{};
      const std::string& from = std::get<std::string>(value.data);
      std::copy_n(from.begin(), std::min(from.size(), bytes.size()), bytes.begin());
      out += text::Uuid(bytes).to_string();
      return nullptr;
    }
    case sql::Type::Date:
    case sql::Type::Time:
    case sql::Type::Timestamp:
    case sql::Type::Timestamptz:
    case sql::Type::Interval: {
      const std::string form = sql::text_form(value);
      out += form;
      return form.empty() ? "it has no text form" : nullptr;
    }
    default:
      return "it is of no type that COPY takes";
  }
}

/// {"a",NULL}: quoted, whatever the elements are.
const char* append_array(std::string& out, const sql::Array& array) {
  out.push_back('{');
  std::string plain;
  for (std::size_t i = 0; i < array.elements.size(); ++i) {
    if (i > 0) out.push_back(',');
    if (array.elements[i].is_null()) {
      out += "NULL";
      continue;
    }
    plain.clear();
    if (const char* why = append_text(plain, array.elements[i])) return why;
    out.push_back('"');
    for (const char c : plain) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.push_back('"');
  }
  out.push_back('}');
  return nullptr;
}

}  // namespace

void CopyRows::begin() noexcept { row_begin_ = text_.size(); }

bool CopyRows::append(const sql::Value& value) {
  if (text_.size() != row_begin_) text_.push_back('\t');
  if (value.is_null()) {
    append_copy_field(text_, nullptr);
    return true;
  }
  field_.clear();
  const auto* array = std::get_if<sql::Array>(&value.data);
  if (const char* why = array != nullptr ? append_array(field_, *array) : append_text(field_, value)) {
    why_ = why;
    return false;
  }
  append_copy_field(text_, &field_);
  return true;
}

Result<void, sql::Error> CopyRows::end(bool whole, std::size_t column) {
  if (!whole) {
    text_.resize(row_begin_);
    return sql::Error(sql::ErrorKind::Encode,
                      {.message = "copy: encode: column " + std::to_string(column) + ": " + why_});
  }
  text_.push_back('\n');
  ++rows_;
  return {};
}

}  // namespace rondeau::postgres
