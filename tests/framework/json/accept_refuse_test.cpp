// Texts that are JSON and texts that are not: y_ must be taken, n_ refused as malformed, i_ is our choice and pinned.
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <rondeau/json/document.h>
#include <rondeau/json/json.h>

using namespace rondeau;

namespace {

struct Case {
  std::string_view name;
  std::string_view text;
};

using namespace std::string_view_literals;

constexpr Case kCases[] = {
    {"y_array_empty", "[]"},
    {"y_array_spaces", " [ 1 , 2 ] \t\r\n"},
    {"y_array_nested", "[[],[[]]]"},
    {"y_object_empty", "{}"},
    {"y_object_empty_key", R"({"":0})"},
    {"y_object_escaped_key", R"({"\u0061\"":0})"},
    {"y_object_nul_key", R"({"\u0000":0})"},
    {"y_top_level_number", "42"},
    {"y_top_level_string", R"("x")"},
    {"y_top_level_literal", "null"},
    {"y_number_zero", "0"},
    {"y_number_minus_zero", "-0"},
    {"y_number_fraction", "0.5"},
    {"y_number_exponent", "1E+2"},
    {"y_number_exponent_small", "1e-2"},
    {"y_number_30_digits", "123456789012345678901234567890"},
    {"y_number_tiny", "1e-400"},
    {"y_string_escapes", R"("\"\\\/\b\f\n\r\t")"},
    {"y_string_surrogates", R"("\ud83d\ude00")"},
    {"y_string_u007f", "\"\x7f\""},
    {"y_string_utf8", "\"\xf4\x8f\xbf\xbf\""},
    {"y_string_noncharacter", R"("\uffff")"},
    {"y_string_slash", R"("/")"},

    {"n_empty", ""},
    {"n_spaces", "  "},
    {"n_bom", "\xef\xbb\xbf{}"},
    {"n_bom_alone", "\xef\xbb\xbf"},
    {"n_nul", "\0"sv},
    {"n_nul_behind", "1\0"sv},
    {"n_nul_and_more_behind", "{}\0{"sv},
    {"n_nul_in_string", "\"a\0b\""sv},
    {"n_trailing_value", "1 2"},
    {"n_trailing_bracket", "[]]"},
    {"n_trailing_comma_array", "[1,]"},
    {"n_trailing_comma_object", R"({"a":1,})"},
    {"n_leading_comma", "[,1]"},
    {"n_double_comma", "[1,,2]"},
    {"n_missing_comma", "[1 2]"},
    {"n_missing_colon", R"({"a" 1})"},
    {"n_missing_value", R"({"a":})"},
    {"n_unquoted_key", "{a:1}"},
    {"n_number_key", "{1:1}"},
    {"n_single_quotes", "'a'"},
    {"n_comment_block", "[1/* */]"},
    {"n_comment_line", "1 // one"},
    {"n_comment_hash", "1 # one"},
    {"n_unclosed_array", "[1"},
    {"n_unclosed_object", R"({"a":1)"},
    {"n_unclosed_string", "\"a"},
    {"n_mismatched", "[1}"},
    {"n_nan", "NaN"},
    {"n_infinity", "-Infinity"},
    {"n_literal_case", "True"},
    {"n_literal_cut", "nul"},
    {"n_literal_long", "nulll"},
    {"n_number_plus", "+1"},
    {"n_number_leading_zero", "01"},
    {"n_number_minus_leading_zero", "-01"},
    {"n_number_minus", "-"},
    {"n_number_dot", "1."},
    {"n_number_leading_dot", ".5"},
    {"n_number_exponent_empty", "1e"},
    {"n_number_hex", "0x1"},
    {"n_number_underscore", "1_000"},
    {"n_number_letter", "1a"},
    {"n_string_newline", "\"a\nb\""},
    {"n_string_tab", "\"a\tb\""},
    {"n_string_escape_unknown", R"("\x41")"},
    {"n_string_escape_cut", R"("\u12")"},
    {"n_string_escape_end", "\"\\"},
    {"n_string_lone_high", R"("\ud800")"},
    {"n_string_lone_low", R"("\udc00")"},
    {"n_string_high_high", R"("\ud800\ud800")"},
    {"n_utf8_continuation", "\"\x80\""},
    {"n_utf8_overlong", "\"\xc0\xaf\""},
    {"n_utf8_surrogate", "\"\xed\xa0\x80\""},
    {"n_utf8_too_high", "\"\xf4\x90\x80\x80\""},
    {"n_utf8_cut", "\"\xe2\x82\""},
    {"n_utf8_outside_string", "[\xc2\xa0]"},
    {"n_form_feed", "[\f]"},
    {"n_utf16", "\xff\xfe[\0]\0"sv},
    {"n_object_duplicate_key", R"({"a":1,"a":1})"},
    {"n_object_duplicate_escaped_key", R"({"a":1,"\u0061":2})"},
};

struct Anything {};

}  // namespace

TEST_CASE("json: texts are taken and refused as RFC 8259 says") {
  for (const Case& one : kCases) {
    INFO(one.name);
    const bool takes = one.name.starts_with("y_");
    const auto document = json::parse<json::Document>(one.text);
    CHECK(document.has_value() == takes);
    if (!document) CHECK(document.error().malformed);
    // In a member that nobody knows the same holds.
    const auto ignored = json::parse<Anything>("{\"x\":" + std::string(one.text) + "}");
    CHECK(ignored.has_value() == takes);
    if (!ignored) CHECK(ignored.error().malformed);
  }
}

TEST_CASE("json: a double too large to hold is an error of contents") {
  auto read = json::parse<json::Document>("1e400");
  REQUIRE(!read);
  CHECK(!read.error().malformed);
  CHECK(read.error().entries.at(0).code == json::codes::kRange);
}
