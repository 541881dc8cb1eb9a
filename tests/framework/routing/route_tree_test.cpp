#include "routing/route_tree.h"

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/text/percent.h>

using namespace rondeau;
using namespace rondeau::routing;

namespace {

/// What a path matches and what its parameters are, decoded.
struct Found {
  std::uint32_t value = RouteTree::kNone;
  std::vector<std::string> parameters;
  bool operator==(const Found&) const = default;
};

struct Tree {
  explicit Tree(const std::vector<std::string>& patterns) {
    for (std::uint32_t i = 0; i < patterns.size(); ++i) tree.insert(patterns[i]) = i;
    tree.freeze();
  }
  Found find(std::string_view path) const {
    http::RouteMatch match;
    Found found{tree.find(path, match), {}};
    if (found.value == RouteTree::kNone) return found;
    for (std::size_t i = 0; i < match.parameter_count; ++i) {
      const http::Slice slice = match.parameters[i];
      found.parameters.push_back(text::percent_decode(path.substr(slice.offset, slice.length)).value());
    }
    return found;
  }
  RouteTree tree;
};

// ---- the naive matcher: every pattern against every path, the best one by comparing segment by segment

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  for (std::size_t at = 1;;) {
    const std::size_t end = path.find('/', at);
    segments.emplace_back(path.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return segments;
    at = end + 1;
  }
}

std::string decoded(const std::string& raw) {
  return text::percent_decode(raw).value();
}

std::vector<PatternSegment> parse(const std::string& pattern) {
  std::vector<PatternSegment> segments;
  std::string_view rest = pattern;
  PatternSegment segment;
  PatternError error = PatternError::None;
  while (next_segment(rest, segment, error)) segments.push_back(segment);
  return segments;
}

std::optional<std::vector<std::string>> matches(const std::string& pattern, std::string_view path) {
  using Kind = PatternSegment::Kind;
  const std::vector<PatternSegment> wanted = parse(pattern);
  const std::vector<std::string> given = split(path);
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= given.size()) return std::nullopt;
    const std::string text = decoded(given[i]);
    const PatternSegment& segment = wanted[i];
    if (segment.kind == Kind::Wildcard) {
      std::string rest = text;
      for (std::size_t j = i + 1; j < given.size(); ++j) rest += "/" + decoded(given[j]);
      if (rest.empty() && given.size() == i + 1) return std::nullopt;
      parameters.push_back(rest);
      return parameters;
    }
    if (segment.kind == Kind::Static) {
      if (text != segment.prefix) return std::nullopt;
      continue;
    }
    if (text.size() <= segment.prefix.size() + segment.suffix.size() || !text.starts_with(segment.prefix) ||
        !text.ends_with(segment.suffix)) {
      return std::nullopt;
    }
    parameters.push_back(
        text.substr(segment.prefix.size(), text.size() - segment.prefix.size() - segment.suffix.size()));
  }
  return wanted.size() == given.size() ? std::optional(parameters) : std::nullopt;
}

/// True when `left` goes before `right`, where both match the same path.
bool precedes(const std::string& left, const std::string& right) {
  const std::vector<PatternSegment> a = parse(left);
  const std::vector<PatternSegment> b = parse(right);
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].kind != b[i].kind) return a[i].kind < b[i].kind;
    if (a[i].prefix.size() != b[i].prefix.size()) return a[i].prefix.size() > b[i].prefix.size();
    if (a[i].suffix.size() != b[i].suffix.size()) return a[i].suffix.size() > b[i].suffix.size();
  }
  return false;
}

Found find_naively(const std::vector<std::string>& patterns, std::string_view path) {
  Found best;
  for (std::uint32_t i = 0; i < patterns.size(); ++i) {
    const auto parameters = matches(patterns[i], path);
    if (parameters && (best.value == RouteTree::kNone || precedes(patterns[i], patterns[best.value]))) {
      best = {i, *parameters};
    }
  }
  return best;
}

/// The pattern without its names: two with the same shape match the same paths.
std::string shape(const std::string& pattern) {
  std::string result;
  for (const PatternSegment& segment : parse(pattern)) {
    result += "/" + std::string(segment.prefix) + (segment.kind == PatternSegment::Kind::Static ? "" : "{}") +
              (segment.kind == PatternSegment::Kind::Wildcard ? "*" : "") + std::string(segment.suffix);
  }
  return result;
}

}  // namespace

TEST_CASE("routing: paths find the most static pattern that matches") {
  const std::vector<std::string> patterns{
      "/",         "/users",    "/users/{id}",        "/users/me",   "/users/{id}/posts", "/v{n}",
      "/{id}.png", "/v{n}.png", "/files/{*rest}",     "/files/list", "/a/{x}/c",          "/a/b/{*rest}",
      "/a/",       "/eightlen", "/longer-than-eight", "/x/{y}/",     "/caf\xc3\xa9",      "/{*all}"};
  const Tree tree(patterns);
  struct Case {
    std::string_view path;
    std::string_view pattern;
    std::vector<std::string> parameters;
  };
  const Case cases[] = {
      {"/", "/", {}},
      {"/users", "/users", {}},
      {"/users/7", "/users/{id}", {"7"}},
      {"/users/me", "/users/me", {}},
      {"/users/m%65", "/users/me", {}},
      {"/users/me/posts", "/users/{id}/posts", {"me"}},
      {"/users/a%2Fb", "/users/{id}", {"a/b"}},
      {"/users/", "/{*all}", {"users/"}},
      {"/users//posts", "/{*all}", {"users//posts"}},
      {"/v2", "/v{n}", {"2"}},
      {"/v", "/{*all}", {"v"}},
      {"/%762", "/v{n}", {"2"}},
      {"/cat.png", "/{id}.png", {"cat"}},
      {"/cat%2Epng", "/{id}.png", {"cat"}},
      {"/v7.png", "/v{n}.png", {"7"}},
      {"/.png", "/{*all}", {".png"}},
      {"/files/a/b.txt", "/files/{*rest}", {"a/b.txt"}},
      {"/files/list", "/files/list", {}},
      {"/files/list/x", "/files/{*rest}", {"list/x"}},
      {"/files", "/{*all}", {"files"}},
      {"/files/", "/{*all}", {"files/"}},
      {"/files//x", "/files/{*rest}", {"/x"}},
      {"/a/b/c", "/a/b/{*rest}", {"c"}},
      {"/a/z/c", "/a/{x}/c", {"z"}},
      {"/a/", "/a/", {}},
      {"/eightlen", "/eightlen", {}},
      {"/eightlem", "/{*all}", {"eightlem"}},
      {"/longer-than-eight", "/longer-than-eight", {}},
      {"/longer-than-eighu", "/{*all}", {"longer-than-eighu"}},
      {"/x/1/", "/x/{y}/", {"1"}},
      {"/x/1", "/{*all}", {"x/1"}},
      {"/caf%C3%A9", "/caf\xc3\xa9", {}},
  };
  for (const Case& row : cases) {
    CAPTURE(row.path);
    const Found found = tree.find(row.path);
    REQUIRE(found.value != RouteTree::kNone);
    CHECK(patterns[found.value] == row.pattern);
    CHECK(found.parameters == row.parameters);
  }
}

TEST_CASE("routing: a tree without routes finds nothing") {
  const Tree tree({});
  CHECK(tree.find("/").value == RouteTree::kNone);
  CHECK(tree.find("/a/b").value == RouteTree::kNone);
}

TEST_CASE("routing: random tables and paths are matched as by trying every pattern") {
  const char* const rounds_text = std::getenv("RONDEAU_ROUNDS");
  const int rounds = 400 * (rounds_text != nullptr ? std::atoi(rounds_text) : 1);
  const auto seed = std::random_device()();
  MESSAGE("seed ", seed);
  std::mt19937 random(seed);
  const auto pick = [&](const auto& list) { return list[random() % std::size(list)]; };
  // Few words, so that they meet; some of seven to seventeen bytes, round the edges of a word.
  const std::string words[] = {"a", "b", "ab", "aba", "sevenxx", "eightxxx", "ninexxxxx", "seventeen-letters"};
  const std::string given[] = {"a",
                               "b",
                               "ab",
                               "aba",
                               "sevenxx",
                               "eightxxx",
                               "eightxxy",
                               "ninexxxxx",
                               "seventeen-letters",
                               "seventeen-lettert",
                               "",
                               "%61",
                               "a%62",
                               "%2F",
                               "c"};
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::string> patterns;
    std::set<std::string> shapes;
    for (int i = 0; i < 20; ++i) {
      std::string pattern;
      const std::size_t segments = 1 + random() % 4;
      for (std::size_t s = 0; s < segments; ++s) {
        const std::string name = "{p" + std::to_string(s) + "}";
        switch (random() % 8) {
          case 0:
          case 1:
            pattern += "/" + name;
            break;
          case 2:
            pattern += "/" + pick(words) + name;
            break;
          case 3:
            pattern += "/" + name + pick(words);
            break;
          case 4:
            pattern += "/" + pick(words) + name + pick(words);
            break;
          default:
            pattern += "/" + pick(words);
        }
      }
      if (random() % 6 == 0) pattern += "/{*rest}";
      if (random() % 8 == 0 && !pattern.ends_with('}')) pattern += "/";
      REQUIRE(check_pattern(pattern) == PatternError::None);
      if (shapes.insert(shape(pattern)).second) patterns.push_back(pattern);
    }
    const Tree tree(patterns);
    for (int i = 0; i < 100; ++i) {
      std::string path;
      const std::size_t segments = 1 + random() % 5;
      for (std::size_t s = 0; s < segments; ++s) path += "/" + pick(given) + (random() % 4 == 0 ? pick(given) : "");
      CAPTURE(path);
      const Found expected = find_naively(patterns, path);
      const Found found = tree.find(path);
      if (found != expected) {
        CAPTURE(expected.value == RouteTree::kNone ? "nothing" : patterns[expected.value]);
        CAPTURE(found.value == RouteTree::kNone ? "nothing" : patterns[found.value]);
        REQUIRE(found == expected);
      }
    }
  }
}
