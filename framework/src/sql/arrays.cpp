// Arrays as JSON text, for a database that has none.
#include <deque>
#include <limits>

#include <nlohmann/json.hpp>

#include <rondeau/json/write.h>
#include <rondeau/sql/cells.h>
#include <rondeau/text/base64.h>

namespace rondeau::sql {
namespace {

/// Takes one flat array.
class ArrayReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  ArrayReader(std::vector<Cell>& cells, std::deque<std::string>& texts) noexcept : cells_(cells), texts_(texts) {}

  bool null() override { return add({}); }
  bool boolean(bool value) override { return add({.type = Type::Bool, .integer = value ? 1 : 0}); }
  bool number_integer(number_integer_t value) override { return add({.type = Type::Int64, .integer = value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    return add({.type = Type::Int64, .integer = static_cast<std::int64_t>(value)});
  }
  bool number_float(number_float_t value, const string_t&) override {
    return add({.type = Type::Float64, .real = value});
  }
  bool string(string_t& value) override {
    return add({.type = Type::Text, .bytes = texts_.emplace_back(std::move(value))});
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return false; }
  bool key(string_t&) override { return false; }
  bool end_object() override { return false; }
  bool start_array(std::size_t) override {
    if (open_) return false;
    open_ = true;
    return true;
  }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool add(const Cell& cell) {
    if (!open_) return false;
    cells_.push_back(cell);
    return true;
  }
  std::vector<Cell>& cells_;
  std::deque<std::string>& texts_;
  bool open_ = false;
};

void append_element(const Value& value, std::string& out) {
  const auto quoted = [&out](const std::string& text) { static_cast<void>(json::write(text, out)); };
  switch (value.type) {
    case Type::Bool:
      out += std::get<std::int64_t>(value.data) != 0 ? "true" : "false";
      return;
    case Type::Int16:
    case Type::Int32:
    case Type::Int64:
      out += std::to_string(std::get<std::int64_t>(value.data));
      return;
    case Type::Float32:
    case Type::Float64:
      if (!json::write(std::get<double>(value.data), out)) out += "null";
      return;
    case Type::Json:
      out += std::get<std::string>(value.data);
      return;
    case Type::Bytes:
      return quoted(text::base64_encode(std::get<std::string>(value.data)));
    case Type::Text:
    case Type::Numeric:
      return quoted(std::get<std::string>(value.data));
    default:
      return quoted(text_form(value));
  }
}

}  // namespace

struct ArrayCells::Parsed {
  std::vector<Cell> cells;
  std::deque<std::string> texts;
};

ArrayCells::ArrayCells(const Cell& cell, Misfit& misfit) {
  if (cell.type == Type::Array) {
    cells_ = cell.elements;
    ok_ = true;
    return;
  }
  if (cell.type != Type::Text && cell.type != Type::Json) {
    misfit.wrong_type(cell, "an array");
    return;
  }
  parsed_ = std::make_unique<Parsed>();
  ArrayReader reader(parsed_->cells, parsed_->texts);
  ok_ = nlohmann::json::sax_parse(cell.bytes.begin(), cell.bytes.end(), &reader);
  if (!ok_) misfit.because(ErrorKind::Decode, "the text is no flat JSON array");
  cells_ = parsed_->cells;
}

ArrayCells::~ArrayCells() = default;

std::string json_form(const Array& array) {
  std::string out = "[";
  for (const Value& element : array.elements) {
    if (out.size() > 1) out += ',';
    if (element.is_null()) {
      out += "null";
    } else {
      append_element(element, out);
    }
  }
  return out += ']';
}

}  // namespace rondeau::sql
