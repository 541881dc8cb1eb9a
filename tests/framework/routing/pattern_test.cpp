#include <rondeau/routing/pattern.h>

#include <doctest/doctest.h>

using namespace rondeau::routing;

TEST_CASE("routing: each mistake in a pattern has its own verdict") {
  struct Case {
    std::string_view pattern;
    PatternError verdict;
  };
  using enum PatternError;
  const Case cases[] = {
      {"/", None},
      {"/users", None},
      {"/users/", None},
      {"/u/{id}", None},
      {"/v{n}/x", None},
      {"/{id}.png", None},
      {"/a{x}b/{y}", None},
      {"/files/{*rest}", None},
      {"/{*rest}", None},
      {"/caf\xc3\xa9", None},
      {"", NoLeadingSlash},
      {"users", NoLeadingSlash},
      {"{id}", NoLeadingSlash},
      {"/{id", NoClosingBrace},
      {"/{id/x}", NoClosingBrace},
      {"/{a{b}", NoClosingBrace},
      {"/{}", NoName},
      {"/{*}", NoName},
      {"/{id}/{id}", RepeatedName},
      {"/{id}/{*id}", RepeatedName},
      {"/{*rest}/x", WildcardNotLast},
      {"/{*rest}/", WildcardNotLast},
      {"/a{*rest}", WildcardNotAlone},
      {"/{a}{b}", TwoInSegment},
      {"/{a}-{b}", TwoInSegment},
      {"/a b", IllegalCharacter},
      {"/a?b", IllegalCharacter},
      {"/a#b", IllegalCharacter},
      {"/a%20b", IllegalCharacter},
      {"/a}b", IllegalCharacter},
      {"/{a b}", IllegalCharacter},
      {"/a\\b", IllegalCharacter},
      {"/./a", DotSegment},
      {"/a/..", DotSegment},
      {"/a//b", EmptySegment},
      {"//", EmptySegment},
      {"/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}", None},
      {"/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}/{j}/{k}/{l}/{m}/{n}/{o}/{p}/{q}", TooManyParameters},
  };
  for (const Case& row : cases) {
    CAPTURE(row.pattern);
    CHECK(check_pattern(row.pattern) == row.verdict);
  }
}

TEST_CASE("routing: a pattern knows the names of its parameters") {
  CHECK(pattern_has_parameter("/orgs/{org}/v{n}/{*rest}", "org"));
  CHECK(pattern_has_parameter("/orgs/{org}/v{n}/{*rest}", "n"));
  CHECK(pattern_has_parameter("/orgs/{org}/v{n}/{*rest}", "rest"));
  CHECK_FALSE(pattern_has_parameter("/orgs/{org}/v{n}/{*rest}", "orgs"));
  CHECK_FALSE(pattern_has_parameter("/orgs", ""));
}

static_assert(check_pattern("/u/{id}") == PatternError::None, "patterns are parsed by the compiler");
