#include "json/parser.h"

#include <nlohmann/json.hpp>

#include "json/reader.h"

namespace rondeau::json {
namespace {

/// nlohmann's events as tokens. Returning false ends the parsing.
class Events final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Events(Reader& reader) : reader_(reader) {}

  bool null() override { return plain({TokenKind::Null, {}}); }
  bool boolean(bool value) override { return plain({.kind = TokenKind::Bool, .boolean = value}); }
  bool number_integer(number_integer_t value) override {
    if (value >= 0) return number_unsigned(static_cast<number_unsigned_t>(value));  // "-0"
    return plain({.kind = TokenKind::Signed, .negative = value});
  }
  bool number_unsigned(number_unsigned_t value) override {
    return plain({.kind = TokenKind::Unsigned, .natural = value});
  }
  bool number_float(number_float_t value, const string_t& text) override {
    // The parser falls back to a double for integers that do not fit; a struct must not get a rounded one.
    const bool is_integer = text.find_first_of(".eE") == string_t::npos;
    return plain({.kind = is_integer ? TokenKind::BigInteger : TokenKind::Floating, .floating = value});
  }
  bool string(string_t& value) override { return reader_.token({TokenKind::String, {}}, value); }
  bool binary(binary_t&) override { return false; }  // other formats only
  bool start_object(std::size_t) override { return plain({TokenKind::BeginObject, {}}); }
  bool key(string_t& value) override { return reader_.token({TokenKind::Key, {}}, value); }
  bool end_object() override { return plain({TokenKind::EndObject, {}}); }
  bool start_array(std::size_t) override { return plain({TokenKind::BeginArray, {}}); }
  bool end_array() override { return plain({TokenKind::EndArray, {}}); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) {
      reader_.number_overflows();
    } else {
      reader_.malformed(position);
    }
    return false;
  }

 private:
  bool plain(Token token) { return reader_.token(token, empty_); }

  Reader& reader_;
  std::string empty_;
};

}  // namespace

void run_parser(std::string_view text, Comments comments, Reader& reader) {
  if (text.starts_with("\xef\xbb\xbf")) return reader.malformed(1);
  // The parser takes a NUL for the end of the text, and would not see what stands behind it.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) return reader.malformed(nul + 1);
  Events events(reader);
  nlohmann::json::sax_parse(text.begin(), text.end(), &events, nlohmann::json::input_format_t::json, true,
                            comments == Comments::Ignored);
}

}  // namespace rondeau::json
