// Patterns against a table, and against time.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/reflect/checked.h>
#include <rondeau/reflect/pattern.h>

using namespace rondeau;
using reflect::Pattern;
using reflect::PatternError;

namespace {
struct Case {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};
constexpr Case kCases[] = {
    {"", "x", true},
    {"abc", "xabcx", true},
    {"abc", "ab", false},
    {"^abc$", "abc", true},
    {"^abc$", "abcd", false},
    {"^abc$", "abc\n", false},
    {"a.c", "abc", true},
    {"a.c", "a\nc", false},
    {"a\\.c", "abc", false},
    {"^[A-Za-z0-9_-]{3,5}$", "ab", false},
    {"^[A-Za-z0-9_-]{3,5}$", "a-_", true},
    {"^[A-Za-z0-9_-]{3,5}$", "abcdef", false},
    {"^[^a-c]$", "d", true},
    {"^[^a-c]$", "b", false},
    {"^[^a-c]$", "\xc3\xa4", true},
    {"^.$", "\xc3\xa4", true},
    {"^.$", "\xf0\x9f\x98\x80", true},
    {"^..$", "\xc3\xa4", false},
    {"^[\xc3\xa0-\xc3\xbf]+$", "\xc3\xa4\xc3\xb6", true},
    {"^\\d+$", "0123456789", true},
    {"^\\w+$", "aZ_9", true},
    {"^\\w+$", "a-b", false},
    {"^\\S\\s\\D\\W$", "a b!", true},
    {"^[\\d.]+$", "1.2", true},
    {"a|bc|d", "xbcx", true},
    {"^(a|bc|d)+$", "abcd", true},
    {"^(a|bc|d)+$", "abxd", false},
    {"^(a|b|c|d)$", "d", true},
    {"^(?:x|)y$", "y", true},
    {"^(a*)*$", "aaaa", true},
    {"^(a*)*$", "aab", false},
    {"^(ab?){2,}$", "aba", true},
    {"^(ab?){2,}$", "ab", false},
    {"^(ab){0,2}$", "", true},
    {"^(ab){0,2}$", "abab", true},
    {"^(ab){0,2}$", "ababab", false},
    {"^a{0}b$", "b", true},
    {"^a{3}$", "aaa", true},
    {"^a{3}$", "aa", false},
    {"^(a+|b+){2,3}c$", "aabbac", true},
    {"^(a+|b+){2,3}c$", "abbbabac", false},
    {"^x?y+z*$", "yyzz", true},
    {"(^a|b$)", "xb", true},
    {"(^a|b$)", "xbx", false},
};
}  // namespace

TEST_CASE("reflect: patterns match as their grammar says") {
  for (const Case& one : kCases) {
    INFO(one.pattern << " on " << one.text);
    CHECK(Pattern(one.pattern).matches(one.text) == one.matches);
  }
}

TEST_CASE("reflect: malformed patterns and those that are too big are refused") {
  for (std::string_view pattern : {"(", ")", "a**", "*a", "[", "[]", "[b-a]", "a{2", "a{3,2}", "{2}", "\\q", "^*",
                                   "(?=a)", "(a)\\1", "a{,3}", "[\\D]", "]", "}"}) {
    INFO(pattern);
    CHECK(Pattern(pattern).error() == PatternError::Syntax);
  }
  CHECK(Pattern("a{5000}").error() == PatternError::TooBig);
  CHECK(Pattern("((a{100}){100})").error() == PatternError::TooBig);
  CHECK(Pattern(std::string(60, '(') + std::string(60, ')')).error() == PatternError::TooBig);
}

TEST_CASE("reflect: a pattern needs time in proportion to the text, however it is written") {
  // By backtracking each of these would take longer than the universe has lasted.
  const std::string text(100'000, 'a');
  CHECK(!Pattern("^(a+)+$").matches(text + "b"));
  CHECK(!Pattern("^(a|a)*$").matches(text + "b"));
  CHECK(!Pattern("(a*)*c").matches(text));
}

TEST_CASE("reflect: checked values are made when the rules hold") {
  using Page = Ranged<int, 1, 100>;
  constexpr Page page = 20;
  static_assert(*page == 20);
  CHECK(*Page::make(100).value() == 100);
  CHECK(Page::make(101).error().message() == "must be at most 100: invalid data");
  CHECK(!NonEmpty::make(""));
  CHECK(MaxLength<2>::make("\xc3\xa4\xc3\xb6"));
  CHECK(!MaxLength<2>::make("abc"));
  CHECK(Matches<"^[a-z]+$">::make("abc"));
  CHECK(!Matches<"^[a-z]+$">::make("abC"));
  CHECK(!(UniqueItems<int, 10>::make({1, 2, 1})));
  CHECK(!(Ranged<double, 0, 1>::make(1.5)));
  CHECK(!(Ranged<unsigned, 0, 10>::make(11)));
}
